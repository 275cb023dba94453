/* What nobody on librdkafka can beat: it reads the same bytes from C and does nothing.
 *
 * Linked against the very library that confluent-kafka carries, which brings no header; the few
 * declarations below are those of its public interface (rdkafka.h), which is kept stable. Settings
 * are those of ../floor.py.
 *
 *   floor BOOTSTRAP GROUP TOPIC STEP
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
  int err;
  void *topic;
  int32_t partition;
  void *payload;
  size_t length;
  void *key;
  size_t key_length;
  int64_t offset;
  void *private;
} message_t;

enum { CONSUMER = 1, BATCH = 10000 };

void *rd_kafka_conf_new(void);
int rd_kafka_conf_set(void *conf, const char *name, const char *value, char *error, size_t size);
void *rd_kafka_new(int type, void *conf, char *error, size_t size);
int rd_kafka_poll_set_consumer(void *client);
void *rd_kafka_topic_partition_list_new(int size);
void *rd_kafka_topic_partition_list_add(void *list, const char *topic, int32_t partition);
int rd_kafka_subscribe(void *client, const void *topics);
void *rd_kafka_queue_get_consumer(void *client);
ssize_t rd_kafka_consume_batch_queue(void *queue, int timeout_ms, message_t **messages, size_t size);
void rd_kafka_message_destroy(message_t *message);

static void fail(const char *what) {
  fprintf(stderr, "%s\n", what);
  exit(1);
}

int main(int count, char **arguments) {
  static message_t *messages[BATCH];
  char error[512];
  if (count != 5) fail("floor BOOTSTRAP GROUP TOPIC STEP");
  const char *settings[][2] = {{"bootstrap.servers", arguments[1]},
                               {"group.id", arguments[2]},
                               {"auto.offset.reset", "earliest"},
                               {"fetch.queue.backoff.ms", "5"}};
  long step = atol(arguments[4]), seen = 0, due = step;

  void *conf = rd_kafka_conf_new();
  for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
    if (rd_kafka_conf_set(conf, settings[i][0], settings[i][1], error, sizeof error)) fail(error);
  void *client = rd_kafka_new(CONSUMER, conf, error, sizeof error);
  if (!client) fail(error);
  rd_kafka_poll_set_consumer(client);
  void *topics = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(topics, arguments[3], -1);
  if (rd_kafka_subscribe(client, topics)) fail("cannot subscribe");
  void *queue = rd_kafka_queue_get_consumer(client);
  for (;;) {
    ssize_t got = rd_kafka_consume_batch_queue(queue, 100, messages, BATCH);
    if (got < 0) fail("cannot consume");
    for (ssize_t i = 0; i < got; i++) {
      if (!messages[i]->err) seen++;
      rd_kafka_message_destroy(messages[i]);
    }
    if (seen >= due) {
      printf("{\"seen\": %ld}\n", seen);
      fflush(stdout);
      due = seen - seen % step + step;
    }
  }
}
