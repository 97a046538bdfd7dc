// @ts-check
// Greets whoever enters. Run it: node greeter.mjs ws://127.0.0.1:8080/ws lobby
import { connect } from "@roomserver/client";

const [url = "ws://127.0.0.1:8080/ws", slug = "lobby"] = process.argv.slice(2);
const client = await connect({ url, token: process.env.ROOMSERVER_TOKEN });
const room = await client.enter(slug);
const greeted = new Set([client.userId, ...(room.state?.members.members.map(({ user }) => user.id) ?? [])]);
console.log(`here as ${client.session?.user.name}`);

room.on("room.members", async ({ joined, complete }) => {
  // The list of a room that is no longer big: those in it have been here before.
  if (complete) for (const { user } of joined) greeted.add(user.id);
  for (const { user } of joined) {
    if (greeted.has(user.id)) continue;
    greeted.add(user.id);
    await room.chat(`welcome, ${user.name}!`).catch((error) => console.error(`not said: ${error.message}`));
  }
});
room.on("play.started", ({ play, previous }) => {
  if (previous) console.log(`that was worth ${previous.woots} woots`);
  console.log(`${play.dj?.name ?? "the house"} plays ${play.media.title}`);
});
