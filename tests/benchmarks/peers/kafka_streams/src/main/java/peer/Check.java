package peer;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** Requests on standard input, a line each; the rows they make on standard output, as JSON. */
public final class Check {
  public static void main(String[] arguments) throws IOException {
    Map<String, byte[]> rows = new LinkedHashMap<>();
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    String line;
    while ((line = lines.readLine()) != null) {
      Request request = Request.read(line.getBytes(StandardCharsets.UTF_8));
      byte[] bytes = rows.get(request.account);
      // Through the store's format each time, as between two commits.
      Account account = bytes == null ? new Account() : Account.fromBytes(bytes);
      account.fold(request);
      account.tips();
      rows.put(request.account, account.toBytes());
    }
    rows.forEach((key, bytes) -> System.out.println(json(key, Account.fromBytes(bytes))));
  }

  private static String json(String key, Account account) {
    StringBuilder json = new StringBuilder("{\"account_id\": \"" + key + "\"");
    json.append(", \"last_ts\": ").append(account.lastTs);
    json.append(", \"acted\": ").append(account.acted);
    for (int i = 0; i < Account.WINDOWS.length; i++) {
      double[] window = Arrays.copyOfRange(account.windows, 3 * i, 3 * i + 3);
      json.append(", \"" + Account.WINDOWS[i] + "\": ").append(Arrays.toString(window));
    }
    for (int i = 0; i < Account.WEEK_SUMS.length; i++) {
      json.append(", \"" + Account.WEEK_SUMS[i] + "\": ").append(account.sums[i]);
    }
    json.append(", \"tasks\": {");
    String separator = "";
    for (int i = 0; i < account.tasks.length; i++) {
      if (account.tasks[i] > 0.0) {
        json.append(separator).append("\"" + Account.TASKS.get(i) + "\": ").append(account.tasks[i]);
        separator = ", ";
      }
    }
    return json.append("}}").toString();
  }
}
