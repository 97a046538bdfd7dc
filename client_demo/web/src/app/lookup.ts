// Title and length of a video, where the server finds them out.
import type { Link, ResolvedMedia } from "@roomserver/client";
import { client } from "./session";

/** What a link leads to, or null when the server does not say: then the person does. */
export async function lookUp(link: Extract<Link, { source: "youtube" }>): Promise<ResolvedMedia | null> {
  try {
    return (await client.request("media.resolve", { url: `https://www.youtube.com/watch?v=${link.id}` })).media;
  } catch {
    return null;
  }
}
