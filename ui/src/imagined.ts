// A situation as the person imagines it for a preview of the rules.
import type { Situation } from "./bindings/Situation";
import { understood } from "./clock";

/** "Show as", in Graph's words. */
export const KINDS = ["busy", "oof", "tentative", "workingElsewhere", "free"] as const;
export type Kind = (typeof KINDS)[number];

/** An appointment that runs. */
export interface ImaginedAppointment {
  kind: Kind;
  subject: string;
}

/** So many can be imagined at once: one more than it takes to see which of two wins. */
export const APPOINTMENTS = 3;

export interface Imagined {
  /** `AVAILABILITY/ACTIVITY`; empty: nothing is known of Teams. */
  teams: string;
  outOfOffice: boolean;
  calls: "none" | "call" | "conference";
  /** The phone system itself reports the call. */
  onPhone: boolean;
  /** Do not disturb as set at the phone; empty: nothing is known of it. */
  dnd: "" | "true" | "false";
  /** A presence on the phone system; empty: nothing is known of it. */
  presence: string;
  /** Those that run at once, each begun later than the one before. */
  appointments: ImaginedAppointment[];
  /** `now`, or how many days from today. */
  day: string;
  /** As it is typed. */
  time: string;
  paused: boolean;
}

export function firstImagined(): Imagined {
  return {
    teams: "Busy/InAMeeting",
    outOfOffice: false,
    calls: "none",
    onPhone: false,
    dnd: "",
    presence: "",
    appointments: [],
    day: "now",
    time: "10:00",
    paused: false,
  };
}

/** The appointment in that place becomes another one, or goes; the place after the last one takes a new one. */
export function withAppointment(
  { appointments }: Imagined,
  at: number,
  change: { kind?: Kind | ""; subject?: string },
): Partial<Imagined> {
  if (change.kind === "") return { appointments: appointments.filter((_, place) => place !== at) };
  const before = appointments[at] ?? { kind: "busy", subject: "" };
  const after = { kind: change.kind ?? before.kind, subject: change.subject ?? before.subject };
  return { appointments: [...appointments.slice(0, at), after, ...appointments.slice(at + 1)] };
}

/** `null`: the time is none. */
export function situationOf(imagined: Imagined, today = new Date()): Situation | null {
  const at = imagined.day === "now" ? null : moment(imagined, today);
  if (at === undefined) return null;
  const [availability, activity] = imagined.teams.split("/");
  const calls = imagined.calls === "none" ? 0 : 1;
  return {
    profile: null,
    availability: availability || null,
    activity: activity ?? null,
    out_of_office: imagined.teams !== "" && imagined.outOfOffice,
    calls,
    conference: imagined.calls === "conference",
    appointments: imagined.appointments.map(({ kind, subject }) => `${kind}:${subject.trim()}`),
    calls_on_phone: calls > 0 && imagined.onPhone,
    phone_dnd: imagined.dnd === "" ? null : imagined.dnd === "true",
    phone_presence: imagined.presence || null,
    at,
    paused: imagined.paused,
  };
}

/** The day `days` after today. */
export function dayAfter(today: Date, days: number): Date {
  return new Date(today.getFullYear(), today.getMonth(), today.getDate() + days);
}

/** Date and time without a zone: the resident program knows the person's. */
function moment({ day, time }: Imagined, today: Date): string | undefined {
  const clock = understood(time);
  if (clock === null) return undefined;
  const date = dayAfter(today, Number(day));
  const two = (number: number) => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${clock}`;
}
