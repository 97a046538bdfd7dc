// The emoji one can pick, with names to search by and to read out.

const SETS: readonly (readonly [group: string, emoji: string])[] = [
  [
    "Music",
    "🎵 note|🎶 notes|🎧 headphones|🎤 microphone|🎸 guitar|🎹 piano keys|🥁 drum|🎷 saxophone|🎺 trumpet|🎻 violin|📻 radio|💿 disc|📀 golden disc|🔊 loud|🔉 quieter|🔇 muted|🪩 mirror ball|🎚️ fader|🎛️ knobs|🕺 dancing man|💃 dancing woman|🪇 maracas|🪕 banjo|📼 tape",
  ],
  [
    "Faces",
    "😀 grin|😄 laugh|😂 tears of joy|🤣 rolling|😊 smile|🙂 slight smile|😉 wink|😍 heart eyes|🥰 in love|😎 sunglasses|🤩 star eyes|🥳 party|😇 halo|🤔 thinking|🫡 salute|🤫 hush|😴 asleep|😮 surprised|🤯 mind blown|😢 crying|😭 sobbing|😅 sweat|😬 grimace|🙃 upside down|😏 smirk|😐 neutral|🙄 eye roll|😡 angry|🥺 pleading|🤗 hug|🤭 giggle|🫠 melting|👻 ghost|🤖 robot|💀 skull|👽 alien",
  ],
  [
    "Hands",
    "👍 thumbs up|👎 thumbs down|👏 clapping|🙌 hands up|🙏 thanks|👋 wave|🤝 handshake|✌️ peace|🤘 rock on|🤙 call me|👌 all right|🤞 fingers crossed|💪 strong|🫶 heart hands|👀 eyes|🫰 finger heart|✋ stop|👇 down|👆 up",
  ],
  [
    "Hearts",
    "❤️ red heart|🧡 orange heart|💛 yellow heart|💚 green heart|💙 blue heart|💜 purple heart|🖤 black heart|🤍 white heart|💔 broken heart|💖 sparkling heart|🔥 fire|✨ sparkles|⭐ star|🌟 shining star|💯 hundred|🎉 confetti|🎊 streamers|💥 bang|⚡ lightning|🌈 rainbow",
  ],
  [
    "Things",
    "🍕 pizza|🍔 burger|🍟 fries|🍿 popcorn|🍩 doughnut|🍪 biscuit|🎂 cake|🍺 beer|🍻 cheers|🍷 wine|🥂 toast|☕ coffee|🍵 tea|🌙 moon|☀️ sun|🌧️ rain|❄️ snow|🌊 wave|🌵 cactus|🌹 rose|🐱 cat|🐶 dog|🦊 fox|🐸 frog|🦄 unicorn|🐧 penguin|🚀 rocket|⏰ alarm clock|📌 pin|🔗 link|✅ done|❌ no|❓ question|❗ exclamation",
  ],
];

export interface Emoji {
  text: string;
  name: string;
}

export const EMOJI: readonly (readonly [group: string, emoji: readonly Emoji[]])[] = SETS.map(([group, set]) => [
  group,
  set.split("|").map((entry) => {
    const gap = entry.indexOf(" ");
    return { text: entry.slice(0, gap), name: entry.slice(gap + 1) };
  }),
]);

/** Those whose name holds the words, over all groups. */
export function findEmoji(words: string): Emoji[] {
  const wanted = words.trim().toLowerCase();
  return EMOJI.flatMap(([, set]) => set.filter(({ name }) => name.includes(wanted)));
}
