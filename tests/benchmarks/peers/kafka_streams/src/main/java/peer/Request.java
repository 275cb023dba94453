package peer;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;

/** The fields of a request that the windows need, read by Jackson's streaming parser. */
final class Request {
  private static final JsonFactory JSON = new JsonFactory();

  String account;
  String task;
  long ts;
  int status;
  int turn;
  double inputTokens;
  double outputTokens;
  double reasoningTokens;
  double elicitation;
  double proxy;

  static Request read(byte[] json) {
    Request request = new Request();
    try (JsonParser parser = JSON.createParser(json)) {
      parser.nextToken();
      String name;
      while ((name = parser.nextFieldName()) != null) {
        JsonToken token = parser.nextToken();
        switch (name) {
          case "account_id" -> request.account = parser.getText();
          case "task" -> request.task = parser.getText();
          case "ts" -> request.ts = parser.getLongValue();
          case "status" -> request.status = parser.getIntValue();
          case "turn" -> request.turn = parser.getIntValue();
          case "input_tokens" -> request.inputTokens = parser.getDoubleValue();
          case "output_tokens" -> request.outputTokens = parser.getDoubleValue();
          case "reasoning_tokens" -> request.reasoningTokens = parser.getDoubleValue();
          case "elicitation" -> request.elicitation = parser.getDoubleValue();
          case "proxy" -> request.proxy = parser.getDoubleValue();
          default -> {
            if (token.isStructStart()) {
              parser.skipChildren();
            }
          }
        }
      }
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
    return request;
  }
}
