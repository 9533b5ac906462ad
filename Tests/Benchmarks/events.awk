# Webhooks as Redis commands: transcripts of 20 messages of 100 to 150 bytes, no two alike. verify.sql knows the same
# texts.
#
# count; prefix of the conversations' ids; script, the hash of enqueue.lua, for our queue, or '' for the peer's list;
# quoted: not '' for one command a line, as a shell takes it, instead of what redis-cli --pipe takes
BEGIN {
  srand(count)
  filler = "and then we talked about the weather in the mountains "
  filler = filler filler filler filler
  for (n = 1; n <= count; n++) {
    number = sprintf("%08d", n)
    if (script != "") write_to_queue(prefix number)
    else write_to_list(prefix number)
  }
}

function write_to_queue(conversation,    key, id) {
  key = "webhooks:{0}:"
  id = event_id()
  print_command("EVALSHA\n" script "\n6\n" key "done:" id "\n" key "event:" id "\n" key "events:" conversation "\n" \
    key "ready\n" key "wake\n" key "meta\n" id "\n" conversation "\n" conversation "\n" payload(conversation) \
    "\n\n10000000")
}

function write_to_list(conversation) {
  print_command("LPUSH\npeer:jobs\n{\"id\":\"" event_id() "\",\"payload\":" payload(conversation) "}")
}

# Of its words, one a line.
function print_command(words,    word, count, i) {
  count = split(words, word, "\n")
  if (!quoted) printf "*%d\r\n", count
  for (i = 1; i <= count; i++)
    if (quoted) printf "\047%s\047 ", word[i]
    else printf "$%d\r\n%s\r\n", length(word[i]), word[i]
  if (quoted) print ""
}

# As long, and as scattered, as the SHA-256 that the intake makes.
function event_id(    id, part) {
  for (part = 0; part < 7; part++) id = id sprintf("%08x", int(rand() * 4294967295))
  return id number
}

function payload(conversation,    text, position, length_wanted) {
  text = "{\"event_type\":\"application.transcription_ready\",\"message_type\":\"application\"," \
    "\"timestamp\":\"2026-01-02T00:00:00Z\",\"conversation_id\":\"" conversation "\",\"properties\":{\"transcript\":["
  for (position = 0; position < 20; position++) {
    length_wanted = 100 + (position * 7) % 51
    text = text (position ? "," : "") "{\"role\":\"" (position % 2 ? "assistant" : "user") "\",\"content\":\"" \
      substr("Message " position " of event " number ": " filler, 1, length_wanted) "\"}"
  }
  return text "]}}"
}
