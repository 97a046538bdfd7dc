import { useEffect, useRef, useState } from "preact/hooks";
import { answering, draft, focusDraft } from "../app/chat";
import { serverNow, you } from "../app/room";
import { roughSpan } from "../app/spans";
import { online } from "../app/session";
import { T } from "../testids";
import { caretTo } from "./caret";
import { Completions, useCompletion } from "./completions";
import { Icon } from "./icons";
import { lazy } from "./lazy";
import { useMessage } from "./sending";

const WARN_BELOW = 40;
const EmojiPicker = lazy(() => import("./emojipicker").then((part) => part.EmojiPicker));

export function Composer() {
  const { text, problem, left, send } = useMessage();
  const input = useRef<HTMLInputElement>(null);
  const [picking, setPicking] = useState(false);
  const completion = useCompletion(input);
  const muted = mutedFor();
  useEffect(() => {
    if (focusDraft.value > 0) input.current?.focus();
  }, [focusDraft.value]);
  const put = (emoji: string): void => {
    const at = input.current?.selectionStart ?? text.length;
    draft.value = text.slice(0, at) + emoji + text.slice(input.current?.selectionEnd ?? at);
    caretTo(input.current, at + emoji.length);
  };
  const closePicker = (): void => {
    setPicking(false);
    input.current?.focus();
  };
  return (
    <form class="composer" onSubmit={(event) => void send(event)}>
      {picking && <EmojiPicker pick={put} close={closePicker} />}
      <Completions completion={completion} />
      <p class="chat-error" role="alert" data-testid={T.chatError}>{problem}</p>
      <Answering />
      <div class="composer-row">
        <span class="composer-box">
          <input
            ref={input}
            value={text}
            disabled={muted > 0}
            placeholder={muted > 0 ? `Muted for ${roughSpan(muted)}` : "Say something"}
            aria-label="Message"
            autocomplete="off"
            enterkeyhint="send"
            data-testid={T.chatInput}
            {...completion.aria}
            onInput={(event) => {
              draft.value = event.currentTarget.value;
              completion.look();
            }}
            onSelect={completion.look}
            onBlur={completion.close}
            onKeyDown={completion.keys}
          />
          {left < WARN_BELOW && <span class={`left ${left < 0 ? "over" : ""}`} aria-label={`${left} characters left`}>{left}</span>}
          <button type="button" class="quiet icon-button" aria-expanded={picking} aria-label="Emoji" title="Emoji" data-testid={T.chatEmoji} onClick={() => setPicking(!picking)}>
            <Icon name="smile" />
          </button>
        </span>
        <button class="primary" type="submit" disabled={!online.value || muted > 0 || text.trim() === "" || left < 0} data-testid={T.chatSend}>
          Send
        </button>
      </div>
    </form>
  );
}

/** Which message the draft answers, and the way out of it. */
function Answering() {
  const message = answering.value;
  if (!message) return null;
  return (
    <p class="answering" data-testid={T.chatAnswering}>
      <Icon name="reply" />
      <span>Answering <strong>{message.user.name}</strong> {message.text}</span>
      <button type="button" class="quiet icon-button" aria-label="Do not answer" onClick={() => (answering.value = null)}><Icon name="close" /></button>
    </p>
  );
}

/** How long one may not chat yet, in ms; 0 when one may. */
function mutedFor(): number {
  const until = you.value?.muted_until_ms;
  return until === undefined ? 0 : Math.max(0, until - serverNow.value);
}

