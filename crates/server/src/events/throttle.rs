//! Keeps a log that people read readable under load: lines beyond a rate are counted, and the count is logged.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

/// Maximum number of lines per second and worker thread. More would scroll past unread, and cost more than the
/// responses.
const LINES_PER_SECOND: u32 = 500;

/// Lets the first lines of every second pass and counts the others.
#[derive(Debug, Default)]
pub struct Throttle {
    lines: Cell<u32>,
    left_out: Cell<u64>,
    /// Whether a task is waiting for the end of this second.
    counting: Cell<bool>,
}

impl Throttle {
    /// Whether one more line may be written. Must be called on the runtime of a worker thread.
    pub fn lets_pass(self: &Rc<Self>) -> bool {
        if !self.counting.replace(true) {
            let throttle = Rc::clone(self);
            tokio::task::spawn_local(async move {
                tokio::time::sleep(Duration::from_secs(1)).await;
                throttle.end_second();
            });
        }
        self.lines.set(self.lines.get().saturating_add(1));
        let passes = self.lines.get() <= LINES_PER_SECOND;
        if !passes {
            self.left_out.set(self.left_out.get() + 1);
        }
        passes
    }

    fn end_second(&self) {
        self.counting.set(false);
        self.lines.set(0);
        let left_out = self.left_out.replace(0);
        if left_out > 0 {
            tracing::info!("... and {left_out} more lines in this second (--log json writes every one)");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_a_limited_number_of_lines() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build_local(Default::default())
            .expect("a runtime");
        runtime.block_on(async {
            let throttle = Rc::new(Throttle::default());
            let passed = |n: u32| (0..n).filter(|_| throttle.lets_pass()).count();
            assert_eq!(passed(LINES_PER_SECOND + 7), LINES_PER_SECOND as usize);
            assert_eq!(throttle.left_out.get(), 7);
            tokio::time::sleep(Duration::from_millis(1001)).await;
            assert_eq!((passed(1), throttle.left_out.get()), (1, 0));
        });
    }
}
