/** A clock that can be set and speeded up. Times are Unix milliseconds. */
export interface Clock {
  nowMs(): number;
  /** Simulated seconds per real second. */
  speed(): number;
  set(setting: ClockSetting): void;
}

interface ClockSetting {
  readonly nowMs?: number | undefined;
  readonly speed?: number | undefined;
}

/** A clock that shows `startMs` now and runs at `speed`; 0 stands still. */
export function createClock(startMs: number, startSpeed: number): Clock {
  let setAtMs = startMs;
  let setAtRealMs = performance.now();
  let currentSpeed = startSpeed;

  function nowMs(): number {
    return Math.floor(setAtMs + (performance.now() - setAtRealMs) * currentSpeed);
  }

  return {
    nowMs,
    speed: () => currentSpeed,
    set(setting) {
      setAtMs = setting.nowMs ?? nowMs();
      setAtRealMs = performance.now();
      currentSpeed = setting.speed ?? currentSpeed;
    },
  };
}
