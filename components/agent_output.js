// What a program wrote that a tool ran, and how it ended.
import { isObject, jsonIn, own, textOf } from "agent_values";

const STDOUT = ["stdout", "process.stdout"];
const STDERR = ["stderr", "process.stderr"];
const EXIT = ["exit_code", "exit_status", "returncode", "return_code", "exitCode", "process.exit.code"];

// {stdout, stderr, exit, isFailed, isAll} of the result, else of the attributes; undefined where neither tells.
// `isAll` is whether the result holds nothing else. An exit status may be null: ended by a signal, or still running.
export function outputOf(payload) {
  const result = isObject(payload.result) ? payload.result : jsonIn(payload.result);
  for (const told of [result, own(result, "output"), payload.attributes]) {
    const found = outputIn(told);
    if (found) return { ...found, isAll: told === result && Object.keys(told).every(isKnown) };
  }
  return undefined;
}

function outputIn(told) {
  if (!isObject(told)) return undefined;
  const stdout = first(told, STDOUT);
  const stderr = first(told, STDERR);
  const exit = first(told, EXIT);
  if (stdout === undefined && stderr === undefined && exit === undefined) return undefined;
  return { stdout: written(stdout), stderr: written(stderr), exit, isFailed: exit !== undefined && !isZero(exit) };
}

const isKnown = (name) => [STDOUT, STDERR, EXIT].some((names) => names.includes(name));

const first = (told, names) => names.map((name) => own(told, name)).find((value) => value !== undefined);

const isZero = (exit) => exit === 0 || exit === "0";

// Lines may come as a list of them.
function written(value) {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value) && value.every((line) => typeof line === "string")) return value.join("\n");
  return textOf(value, 0);
}
