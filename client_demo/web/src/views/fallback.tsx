import { loadPlaylists, playlists } from "../app/playlists";
import { T } from "../testids";
import { useRead } from "./reading";

const KEEP = "keep";

interface FallbackProps {
  /** Whether one is set now. */
  has: boolean;
  /** A playlist's id, empty for none, null for the one that is set. */
  value: string | null;
  change: (value: string | null) => void;
}

/** Which of the own playlists plays while nobody DJs. */
export function Fallback({ has, value, change }: FallbackProps) {
  const problem = useRead(loadPlaylists);
  return (
    <label class="field">
      <span>When nobody DJs, play</span>
      <select value={value ?? KEEP} data-testid={T.settingsFallback} onChange={({ currentTarget }) => change(currentTarget.value === KEEP ? null : currentTarget.value)}>
        {has && <option value={KEEP}>Keep what plays now</option>}
        <option value="">Nothing</option>
        {playlists.value?.map((list) => (
          <option key={list.id} value={list.id}>{list.name} ({list.size})</option>
        ))}
      </select>
      <small class="muted">{problem || "One of your own playlists"}</small>
    </label>
  );
}
