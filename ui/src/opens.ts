// A fold that opens by itself. It is never closed by itself: the person may be typing in it.
import { noChange } from "lit-html";
import { Directive, directive, type ElementPart, type PartInfo, PartType } from "lit-html/directive.js";

class Opens extends Directive {
  #wanted = false;

  constructor(part: PartInfo) {
    super(part);
    if (part.type !== PartType.ELEMENT) throw new Error("opens() stands in the tag of a fold");
  }

  override update({ element }: ElementPart, [wanted]: [boolean]) {
    // What the person folds away after that stays so.
    if (wanted && !this.#wanted && element instanceof HTMLDetailsElement) element.open = true;
    this.#wanted = wanted;
    return noChange;
  }

  render(_wanted: boolean) {
    return noChange;
  }
}

/** In the tag of a `details`: opens it as soon as that is wanted. */
export const opens = directive(Opens);
