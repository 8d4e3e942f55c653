/** Environment variables that a command line may set: an allow-list, because a name can make almost any program run something else. */

const NAMES = new Set(
  (
    "CI NODE_ENV LANG LANGUAGE TZ TERM COLORTERM COLUMNS LINES DEBUG VERBOSE FORCE_COLOR NO_COLOR CLICOLOR CLICOLOR_FORCE LOG_LEVEL RUST_LOG RUST_BACKTRACE " +
    "PYTHONUNBUFFERED PYTHONDONTWRITEBYTECODE PYTHONHASHSEED CGO_ENABLED GOOS GOARCH GOMAXPROCS RAILS_ENV RACK_ENV APP_ENV ENVIRONMENT PORT HOST HUSKY " +
    "SOURCE_DATE_EPOCH CARGO_TERM_COLOR UV_THREADPOOL_SIZE TS_NODE_TRANSPILE_ONLY VITEST_MAX_THREADS JEST_WORKERS"
  ).split(" "),
);

/** A value that could be a path, a list of paths, or climb into one. `TZ=Europe/Berlin` is fine, `TZ=:/etc/passwd` is not. */
const PATHLIKE = /^[:/~.]|\.\.|[\n\0]|:\//;

/** May this variable be set for a command without anyone being asked? */
export function isHarmlessVariable(name: string, value: string): boolean {
  return (NAMES.has(name) || /^LC_[A-Z]+$/.test(name)) && !PATHLIKE.test(value);
}
