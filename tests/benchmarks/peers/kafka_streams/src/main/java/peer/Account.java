package peer;

import java.nio.ByteBuffer;
import java.util.List;

/** One account's decayed windows; the same as in tests/benchmarks/windows.py. */
final class Account {
  static final List<String> TASKS =
      List.of(
          "agentic_reasoning", "software_engineering", "long_horizon_planning", "tool_use",
          "mathematics", "computer_use", "vision", "data_analysis", "writing", "chat",
          "translation", "extraction", "classification", "other");
  static final String[] WINDOWS = {
    "requests", "input_tokens", "output_tokens", "reasoning_tokens", "elicitation"
  };
  static final String[] WEEK_SUMS = {"refused", "opening", "proxy"};

  private static final double[] HORIZONS = {3_600_000.0, 86_400_000.0, 604_800_000.0};
  private static final int WEEK = 2;
  private static final int REQUESTS = 0;
  private static final int ELICITATION = 4;
  private static final double LEAST_REQUESTS = 40.0;
  private static final double LEAST_SCORE = 0.9;

  long lastTs;
  boolean acted;
  final double[] windows = new double[3 * WINDOWS.length];
  final double[] sums = new double[WEEK_SUMS.length];
  final double[] tasks = new double[TASKS.size()];

  void fold(Request request) {
    long elapsed = lastTs == 0 ? 0 : Math.max(request.ts - lastTs, 0);
    lastTs = Math.max(request.ts, lastTs);
    double hour = Math.exp(-elapsed / HORIZONS[0]);
    double day = Math.exp(-elapsed / HORIZONS[1]);
    double week = Math.exp(-elapsed / HORIZONS[2]);
    add(0, 1.0, hour, day, week);
    add(3, request.inputTokens, hour, day, week);
    add(6, request.outputTokens, hour, day, week);
    add(9, request.reasoningTokens, hour, day, week);
    add(12, request.elicitation, hour, day, week);
    sums[0] = sums[0] * week + (request.status == 403 || request.status == 429 ? 1.0 : 0.0);
    sums[1] = sums[1] * week + (request.turn == 1 ? 1.0 : 0.0);
    sums[2] = sums[2] * week + request.proxy;
    for (int i = 0; i < tasks.length; i++) {
      tasks[i] *= week;
    }
    int task = TASKS.indexOf(request.task);
    tasks[task < 0 ? tasks.length - 1 : task] += 1.0;
  }

  private void add(int at, double value, double hour, double day, double week) {
    windows[at] = windows[at] * hour + value;
    windows[at + 1] = windows[at + 1] * day + value;
    windows[at + 2] = windows[at + 2] * week + value;
  }

  /** Whether the request just folded is the one to act on the account for; it is noted as such. */
  boolean tips() {
    double requests = windows[3 * REQUESTS + WEEK];
    if (acted || requests < LEAST_REQUESTS) {
      return false;
    }
    double most = 0.0;
    for (double weight : tasks) {
      most = Math.max(most, weight);
    }
    acted = most / requests * windows[3 * ELICITATION + WEEK] / requests > LEAST_SCORE;
    return acted;
  }

  byte[] toBytes() {
    int doubles = windows.length + sums.length + tasks.length;
    ByteBuffer buffer = ByteBuffer.allocate(Long.BYTES + 1 + doubles * Double.BYTES);
    buffer.putLong(lastTs).put((byte) (acted ? 1 : 0));
    buffer.asDoubleBuffer().put(windows).put(sums).put(tasks);
    return buffer.array();
  }

  static Account fromBytes(byte[] bytes) {
    Account account = new Account();
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    account.lastTs = buffer.getLong();
    account.acted = buffer.get() != 0;
    buffer.asDoubleBuffer().get(account.windows).get(account.sums).get(account.tasks);
    return account;
  }
}
