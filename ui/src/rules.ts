// What the rules page has done: its table is asked for, unlike the other views, and so are comparison and preview.
import type { RulesCompared } from "./bindings/RulesCompared";
import type { RulesPage } from "./bindings/RulesPage";
import type { Wished } from "./bindings/Wished";
import type { Host } from "./host";
import { firstImagined, type Imagined, situationOf } from "./imagined";
import { isRule } from "./settings";
import { asProblem, pageOf, type State } from "./state";

export interface RulesState {
  page: RulesPage | null;
  /** The version that was asked for last. */
  asked: number | null;
  /** The profile that the person looks at before choosing it, and what it would change as soon as that is known. */
  looking: { profile: string; compared: RulesCompared | null } | null;
  imagined: Imagined;
  wishes: Wished[];
  /** What was imagined is no time of day. */
  timeRefused: boolean;
}

export function emptyRules(): RulesState {
  return {
    page: null,
    asked: null,
    looking: null,
    imagined: firstImagined(),
    wishes: [],
    timeRefused: false,
  };
}

export interface RulesActs {
  /** Asks for the table again. */
  loadRules(): void;
  /** Has a profile compared before it is chosen; `null`: no longer. */
  lookAt(profile: string | null): void;
  imagine(change: Partial<Imagined>): void;
}

export interface RulesDoings extends RulesActs {
  /** Asks for the table where the one that is shown is no longer right. */
  freshen(): void;
  /** Asks for the table, and draws it. */
  load(): Promise<void>;
}

export function rulesDoings(host: Host, state: State, draw: () => void): RulesDoings {
  let loads = 0;
  let previews = 0;

  const load = async () => {
    loads += 1;
    const load = loads;
    // Cells that are accepted by now stand in what comes.
    const settled = [...state.form.rules.settled].filter(isRule);
    state.rules.asked = state.pages?.rules_version ?? null;
    try {
      const answer = await host.ask({ rules_show: { profile: null } });
      if (load !== loads || typeof answer !== "object" || !("rules" in answer)) return;
      state.rules.page = answer.rules;
      for (const key of settled.filter((key) => state.form.rules.settled.has(key))) {
        delete state.form.rules.draft[key];
        state.form.rules.settled.delete(key);
      }
    } catch (problem) {
      if (load === loads) state.problem.rules = asProblem(problem);
    }
    draw();
    await Promise.all([preview(), compare()]);
  };

  const compare = async () => {
    const { looking } = state.rules;
    if (!looking) return;
    try {
      const answer = await host.ask({ rules_compare: { from: null, to: looking.profile } });
      if (state.rules.looking?.profile !== looking.profile) return;
      if (typeof answer === "object" && "compared" in answer) {
        state.rules.looking = { ...looking, compared: answer.compared };
      }
    } catch (problem) {
      state.rules.looking = null;
      state.problem.rules = asProblem(problem);
    }
    draw();
  };

  const preview = async () => {
    previews += 1;
    const preview = previews;
    const situation = situationOf(state.rules.imagined);
    state.rules.timeRefused = situation === null;
    if (situation) {
      try {
        const answer = await host.ask({ rules_preview: situation });
        if (preview !== previews) return;
        if (typeof answer === "object" && "preview" in answer) state.rules.wishes = answer.preview;
      } catch (problem) {
        if (preview === previews) state.problem.rules = asProblem(problem);
      }
    }
    draw();
  };

  return {
    load,
    loadRules() {
      state.problem.rules = null;
      void load();
    },
    freshen() {
      if (state.told !== "pages" || pageOf(state) !== "rules") return;
      if (state.rules.asked !== state.pages?.rules_version) void load();
    },
    lookAt(profile) {
      state.rules.looking = profile === null ? null : { profile, compared: null };
      draw();
      void compare();
    },
    imagine(change) {
      Object.assign(state.rules.imagined, change);
      void preview();
    },
  };
}
