import { describe, expect, it } from "vitest";
import { understood, written } from "../src/clock";

describe("a time of day", () => {
  it.each([
    ["00:00", "12:00 AM"],
    ["00:05", "12:05 AM"],
    ["08:00", "8:00 AM"],
    ["12:00", "12:00 PM"],
    ["14:30", "2:30 PM"],
    ["23:59", "11:59 PM"],
  ])("%s is written %s where people count to twelve, and understood both ways", (time, twelve) => {
    expect(written(time, true)).toBe(twelve);
    expect(written(time, false)).toBe(time);
    expect(understood(twelve)).toBe(time);
    expect(understood(time)).toBe(time);
  });

  it.each([
    ["8 am", "08:00"],
    ["12pm", "12:00"],
    ["9:05 p.m.", "21:05"],
    ["8.30", "08:30"],
    ["9 Uhr", "09:00"],
    ["17:15 Uhr", "17:15"],
    [" 7:00 ", "07:00"],
  ])("typed as %s it is %s", (typed, time) => {
    expect(understood(typed)).toBe(time);
  });

  it.each(["", "9", "24:00", "12:60", "13:00 PM", "0:30 am", "noon", "9:5", "1234"])(
    "%s is none",
    (typed) => {
      expect(understood(typed)).toBeNull();
      expect(written(typed, true)).toBe(typed);
    },
  );
});
