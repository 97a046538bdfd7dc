import { useEffect, useRef, useState } from "preact/hooks";
import { explain } from "../app/explain";
import { draft, focusDraft } from "../app/chat";
import { room, serverNow, you } from "../app/room";
import { roughSpan } from "../app/spans";
import { online } from "../app/session";
import { ConnectionLost, LIMITS, RequestError } from "@roomserver/client";
import { T } from "../testids";

const WARN_BELOW = 40;
const EMOTE = /^\/me\s+/;

export function Composer() {
  const { text, problem, left, send } = useMessage();
  const input = useRef<HTMLInputElement>(null);
  const muted = mutedFor();
  useEffect(() => {
    if (focusDraft.value > 0) input.current?.focus();
  }, [focusDraft.value]);
  return (
    <form class="composer" onSubmit={(event) => void send(event)}>
      <p class="chat-error" role="alert" data-testid={T.chatError}>{problem}</p>
      <div class="composer-row">
        <input
          ref={input}
          value={text}
          disabled={muted > 0}
          placeholder={muted > 0 ? `Muted for ${roughSpan(muted)}` : "Say something"}
          aria-label="Message"
          autocomplete="off"
          enterkeyhint="send"
          data-testid={T.chatInput}
          onInput={(event) => (draft.value = event.currentTarget.value)}
        />
        {left < WARN_BELOW && <span class={`left ${left < 0 ? "over" : ""}`} aria-label={`${left} characters left`}>{left}</span>}
        <button class="primary" type="submit" disabled={!online.value || muted > 0 || text.trim() === "" || left < 0} data-testid={T.chatSend}>
          Send
        </button>
      </div>
    </form>
  );
}

/** How long one may not chat yet, in ms; 0 when one may. */
function mutedFor(): number {
  const until = you.value?.muted_until_ms;
  return until === undefined ? 0 : Math.max(0, until - serverNow.value);
}

/** The message being written, and its sending. */
function useMessage() {
  const text = draft.value;
  const { problem, show, clear } = useProblem();
  /** The same words keep their nonce until they are known to be said: a retry is no second message. */
  const nonce = useRef<{ text: string; value: string } | null>(null);
  const left = LIMITS.CHAT_CHARS - [...text.normalize("NFC")].length;
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    const emote = EMOTE.test(text);
    const words = text.replace(EMOTE, "").trim();
    const here = room.peek();
    if (!here || words === "" || left < 0) return;
    if (nonce.current?.text !== text) nonce.current = { text, value: newNonce() };
    try {
      await here.request("chat.send", { text: words, nonce: nonce.current.value, ...(emote && { emote }) });
      nonce.current = null;
      clear();
      if (draft.peek() === text) draft.value = "";
    } catch (error) {
      show(error);
    }
  };
  return { text, problem, left, send };
}

/** Why the last message was refused; it goes away when the wait that the server named is over. */
function useProblem() {
  const [problem, setProblem] = useState<string | null>(null);
  const [waitMs, setWaitMs] = useState(0);
  const clear = (): void => {
    setWaitMs(0);
    setProblem(null);
  };
  useEffect(() => {
    if (waitMs === 0) return;
    const timer = setTimeout(clear, waitMs);
    return () => clearTimeout(timer);
  }, [waitMs, problem]);
  const show = (error: unknown): void => {
    setWaitMs(error instanceof RequestError ? (error.retry_after_ms ?? 0) : 0);
    setProblem(error instanceof ConnectionLost ? "Not sent: the connection was lost. Press Send to try again." : explain(error));
  };
  return { problem, show, clear };
}

function newNonce(): string {
  // randomUUID exists only in secure contexts, and a first look at a server is often plain HTTP.
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
