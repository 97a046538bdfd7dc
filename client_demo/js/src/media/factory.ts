// Which backend plays what, and the elements it gets.
import type { Play } from "../protocol.ts";
import type { Backend, Surroundings } from "./backend.ts";
import { Html5Backend } from "./html5.ts";
import { looksLikeVideo } from "./links.ts";
import { elementProfile } from "./profiles.ts";
import { SilentBackend } from "./silent.ts";
import { WEB_AUDIO_MS_MAX, WebAudioBackend } from "./webaudio.ts";
import { YouTubeBackend } from "./youtube.ts";

export interface Choice {
  /** Where paths like `/media/a.ogg` live; by default where the page came from. */
  base?: string;
  /** Play short files through Web Audio where their host allows it: exact to the sample. */
  webAudio?: boolean;
  /** Play files on this element alone, instead of on new ones inside the mount. */
  element?: HTMLMediaElement;
}

export class Backends {
  private context: AudioContext | null = null;

  constructor(
    private readonly mount: HTMLElement,
    private readonly choice: Choice,
  ) {}

  /** Say whether a play can be loaded while another one sounds. */
  canPrepare(play: Play): boolean {
    return play.media.source === "direct" && !this.choice.element;
  }

  /** Make what plays it; `again` is called with another backend when the first cannot after all. */
  make(play: Play, around: Surroundings, again: (backend: Backend) => void): Backend {
    const { source } = play.media;
    if (source === "youtube") return new YouTubeBackend(play, this.mount, around);
    if (source !== "direct") return new SilentBackend(play, around);
    const isVideo = looksLikeVideo(play.media.source_id);
    if (this.choice.webAudio && !this.choice.element && !isVideo && play.media.duration_ms <= WEB_AUDIO_MS_MAX) {
      this.context ??= new AudioContext({ latencyHint: "playback" });
      const url = this.url(play);
      return new WebAudioBackend(play, url, this.context, around, (now) => again(this.element(now, around, false)));
    }
    return this.element(play, around, isVideo);
  }

  dispose(): void {
    void this.context?.close();
    this.context = null;
  }

  private element(play: Play, around: Surroundings, isVideo: boolean): Backend {
    const given = this.choice.element;
    const page = this.mount.ownerDocument;
    const element = given ?? page.createElement(isVideo ? "video" : "audio");
    if (isVideo) (element as HTMLVideoElement).playsInline = true;
    if (!given) this.mount.append(element);
    const profile = elementProfile(page.defaultView?.navigator.userAgent ?? "");
    return new Html5Backend(play, this.url(play), element, around, profile, !given);
  }

  private url(play: Play): string {
    return new URL(play.media.source_id, this.choice.base ?? this.mount.baseURI).href;
  }
}
