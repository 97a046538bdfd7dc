import { muted, volume } from "../app/prefs";
import { Icon } from "./icons";

export function Volume() {
  return (
    <div class="volume">
      <button
        class="quiet icon-button"
        aria-pressed={muted.value}
        aria-label={muted.value ? "Unmute" : "Mute"}
        title={muted.value ? "Unmute (M)" : "Mute (M)"}
        onClick={() => (muted.value = !muted.value)}
      >
        <Icon name={muted.value ? "muted" : "volume"} />
      </button>
      <input
        type="range"
        min="0"
        max="1"
        step="0.02"
        value={muted.value ? 0 : volume.value}
        aria-label="Volume"
        onInput={(event) => {
          volume.value = Number(event.currentTarget.value);
          muted.value = false;
        }}
      />
    </div>
  );
}
