package peer;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * The windows in Kafka Streams: one processor on one store with a changelog.
 *
 * <p>{@code Job BOOTSTRAP APPLICATION TOPIC ACTIONS STEP DIRECTORY STORE}, where STORE is {@code
 * rocksdb} or {@code memory}. Settings other than the defaults, and why:
 *
 * <ul>
 *   <li>The processor API and a compact binary serde: the fastest way that it has.
 *   <li>One stream thread: it has one core.
 *   <li>A record cache that holds every account (64 MiB, default 10): a row is serialized, written
 *       to RocksDB and to the changelog once per commit instead of once per request.
 *   <li>{@code commit.interval.ms} 5,000 (default 30,000): what every peer is set to.
 *   <li>{@code linger.ms} 5 (Streams' default is 100): an action does not wait longer than that.
 *   <li>lz4 on what it writes, which pays for itself on changelogs.
 *   <li>At least once, its default and the cheaper one; Reflux is measured exactly-once.
 * </ul>
 */
public final class Job {
  private static final String STORE = "accounts";

  public static void main(String[] arguments) {
    String topic = arguments[2];
    String actions = arguments[3];
    long step = Long.parseLong(arguments[4]);
    boolean memory = arguments[6].equals("memory");
    KafkaStreams streams =
        new KafkaStreams(topology(topic, actions, step, memory), properties(arguments));
    streams.setUncaughtExceptionHandler(
        error -> {
          error.printStackTrace();
          Runtime.getRuntime().halt(1);
          return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
    streams.start();
  }

  private static Properties properties(String[] arguments) {
    Properties properties = new Properties();
    properties.putAll(
        Map.of(
            StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, arguments[0],
            StreamsConfig.APPLICATION_ID_CONFIG, arguments[1],
            StreamsConfig.STATE_DIR_CONFIG, arguments[5],
            StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1,
            StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 5_000,
            StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 64L << 20,
            StreamsConfig.REPLICATION_FACTOR_CONFIG, 1,
            StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), 5,
            StreamsConfig.producerPrefix(ProducerConfig.COMPRESSION_TYPE_CONFIG), "lz4"));
    return properties;
  }

  private static Topology topology(String topic, String actions, long step, boolean memory) {
    KeyValueBytesStoreSupplier supplier =
        memory ? Stores.inMemoryKeyValueStore(STORE) : Stores.persistentKeyValueStore(STORE);
    return new Topology()
        .addSource("requests", new StringDeserializer(), (t, bytes) -> Request.read(bytes), topic)
        .addProcessor("windows", () -> new Windows(step), "requests")
        .addStateStore(
            Stores.keyValueStoreBuilder(supplier, Serdes.String(), accounts())
                .withCachingEnabled()
                .withLoggingEnabled(Map.of()),
            "windows")
        .addSink("actions", actions, new StringSerializer(), new ByteArraySerializer(), "windows");
  }

  private static Serde<Account> accounts() {
    return Serdes.serdeFrom(
        (topic, account) -> account == null ? null : account.toBytes(),
        (topic, bytes) -> bytes == null ? null : Account.fromBytes(bytes));
  }

  private static final class Windows implements Processor<String, Request, String, byte[]> {
    private static long seen; // of all partitions: one thread runs them all

    private final long step;
    private ProcessorContext<String, byte[]> context;
    private KeyValueStore<String, Account> store;

    Windows(long step) {
      this.step = step;
    }

    @Override
    public void init(ProcessorContext<String, byte[]> context) {
      this.context = context;
      store = context.getStateStore(STORE);
    }

    @Override
    public void process(Record<String, Request> record) {
      Account account = store.get(record.key());
      if (account == null) {
        account = new Account();
      }
      account.fold(record.value());
      boolean acted = account.tips();
      store.put(record.key(), account);
      if (acted) {
        String action = "{\"a\":\"" + record.key() + "\"}";
        context.forward(record.withValue(action.getBytes(StandardCharsets.UTF_8)));
      }
      if (++seen % step == 0) {
        System.out.println("{\"seen\": " + seen + "}");
      }
    }
  }
}
