//! Confines a panic to the task that it happened in.
//!
//! Works on any future: it reports whether the future completed or panicked.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;

/// A panic that was caught, with its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Panicked(pub(super) String);

impl Panicked {
    /// Logs it. `what` names the task that the panic ended.
    pub(super) fn log(&self, what: std::fmt::Arguments<'_>) {
        tracing::error!("{what} is ended, because of a defect in labserve: {}", self.0);
    }
}

/// Runs `future` until it completes or panics.
///
/// # Errors
/// The future panicked. Whatever it borrows may be in an inconsistent state: use it only to close the connection.
pub(super) fn guarded<F: Future + Unpin>(mut future: F) -> impl Future<Output = Result<F::Output, Panicked>> {
    poll_fn(
        move |cx| match catch_unwind(AssertUnwindSafe(|| Pin::new(&mut future).poll(cx))) {
            Ok(polled) => polled.map(Ok),
            Err(panic) => Poll::Ready(Err(Panicked(message(&*panic).to_owned()))),
        },
    )
}

/// The message of a panic.
pub(super) fn message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or(panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_ends_the_future_alone() {
        let mut steps = 0;
        let panicking = async {
            tokio::task::yield_now().await;
            steps += 1;
            if steps > 0 {
                panic!("on purpose, {steps}");
            }
        };
        let panicked = guarded(std::pin::pin!(panicking)).await;
        assert_eq!(panicked, Err(Panicked("on purpose, 1".to_owned())));
        assert_eq!(steps, 1);
        assert_eq!(guarded(std::future::ready(7)).await, Ok(7));
        assert_eq!(message(&"text"), "text");
        assert_eq!(message(&"text".to_owned()), "text");
        assert_eq!(message(&7), "no message");
    }
}
