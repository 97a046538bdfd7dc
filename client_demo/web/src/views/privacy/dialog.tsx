import { useEffect, useState } from "preact/hooks";
import { loadPrivacy } from "../../app/privacy";
import { Modal } from "../modal";
import { Segments } from "../tabs";
import { Choices } from "./choices";
import { Erase } from "./erase";
import { Kept } from "./kept";
import { MyData } from "./mydata";

type Part = "kept" | "choices" | "data" | "erase";

const PARTS: readonly (readonly [Part, string])[] = [
  ["kept", "What is kept"],
  ["choices", "My choices"],
  ["data", "My data"],
  ["erase", "Erase me"],
];

/** What the server knows about oneself, and what one can do about it. */
export function PrivacyDialog() {
  const [part, setPart] = useState<Part>("kept");
  useEffect(() => void loadPrivacy(), []);
  return (
    <Modal title="Privacy and my data" wide>
      <Segments label="Parts" tabs={PARTS} chosen={part} choose={setPart} prefix="privacy" />
      <div class="privacy">
        {part === "kept" && <Kept />}
        {part === "choices" && <Choices />}
        {part === "data" && <MyData />}
        {part === "erase" && <Erase />}
      </div>
    </Modal>
  );
}
