// Whether a server's announced timeout matches its real one, and the settings that would make them equal. Pure.

import { fromNanoseconds } from "./time.js";

const IDLE = "timers.idle";
const FIELDS = "connection.fields.keep";
const TIMEOUT = /(timeout\s*=\s*)\d+/i;

/**
 * The difference that a change has caused: `{announced, idle, changes}`. Both times are in ms; `idle` is null for never.
 * Each of the changes would make them equal: `{key, value, line}`, a setting, its value, and the new line of the value.
 * Null if the times are equal, or if they are those of the profile.
 */
export function mismatch(server) {
  const announced = fromNanoseconds(server.announced_timeout_ns);
  const idle = fromNanoseconds(server.idle_ns);
  const changed = server.settings.filter((setting) => [IDLE, FIELDS].includes(setting.key) && setting.differs);
  if (announced === null || announced === idle || changed.length === 0) return null;
  const lines = server.settings.find((setting) => setting.key === FIELDS)?.value ?? [];
  const seconds = idle === null ? 0 : Math.floor(idle / 1000);
  const span = `${announced / 1000}s`;
  const changes = [{ key: IDLE, value: span, line: span }];
  // A client must not expect more time than it has, so a fraction of a second is not announced.
  if (seconds > 0) {
    const value = lines.map((line) => line.replace(TIMEOUT, `$1${seconds}`));
    changes.unshift({ key: FIELDS, value, line: value.find((line) => TIMEOUT.test(line)) });
  }
  return { announced, idle, changes };
}
