// The message being written, and its sending.
import { ConnectionLost, LIMITS, RequestError } from "@roomserver/client";
import { useEffect, useRef, useState } from "preact/hooks";
import { answering, draft, said } from "../app/chat";
import { explain } from "../app/explain";
import { room } from "../app/room";

const EMOTE = /^\/me\s+/;

export function useMessage() {
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
    const to = answering.peek();
    try {
      await here.request("chat.send", { text: words, nonce: nonce.current.value, ...(emote && { emote }), ...(to && { reply_to: to.id }) });
      nonce.current = null;
      clear();
      said(here.ref, text, to);
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
