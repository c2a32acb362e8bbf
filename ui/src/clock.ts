// A time of day as the person writes it. Settings and situations have it as "14:30".

/** "14:30" as it is written here: "2:30 PM" where people count to twelve. What is no time stays as it is. */
export function written(time: string, twelveHours: boolean): string {
  const parts = /^(\d{2}):(\d{2})$/.exec(time);
  const hours = Number(parts?.[1]);
  if (!parts || !twelveHours || hours > 23 || Number(parts[2]) > 59) return time;
  return `${hours % 12 === 0 ? 12 : hours % 12}:${parts[2]} ${hours < 12 ? "AM" : "PM"}`;
}

/** What people type for a time, whichever way they count: "14:30", "8.30", "9 Uhr", "2:30 pm". `null`: no time. */
export function understood(text: string): string | null {
  const parts = /^(\d{1,2})(?:[:.](\d{2}))?\s*(?:uhr|([ap])\.?m\.?)?$/i.exec(text.trim());
  if (!parts) return null;
  const [, typed = "", minutes = "00", half] = parts;
  // An hour alone says too little, unless something makes it one.
  if (parts[2] === undefined && /\d$/.test(text.trim())) return null;
  const given = Number(typed);
  if (half && (given < 1 || given > 12)) return null;
  const hours = half ? (given % 12) + (half.toLowerCase() === "p" ? 12 : 0) : given;
  if (hours > 23 || Number(minutes) > 59) return null;
  return `${String(hours).padStart(2, "0")}:${minutes}`;
}
