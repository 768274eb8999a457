//! Keeps a panic to the connection that it happened on: it is logged, and the connection comes to its end.
//!
//! Knows nothing of connections: it takes any future.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;

/// That there was a panic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Panicked;

/// Runs `future` to its end, or to its panic, which is logged as that of `what`.
///
/// # Errors
/// There was a panic. What the future borrows is as the panic left it: good for ending a connection, and for no more.
pub(super) fn guarded<F: Future + Unpin>(
    what: impl std::fmt::Display,
    mut future: F,
) -> impl Future<Output = Result<F::Output, Panicked>> {
    poll_fn(
        move |cx| match catch_unwind(AssertUnwindSafe(|| Pin::new(&mut future).poll(cx))) {
            Ok(polled) => polled.map(Ok),
            Err(panic) => {
                tracing::error!("{what} is ended, because of a defect in labserve: {}", message(&*panic));
                Poll::Ready(Err(Panicked))
            }
        },
    )
}

/// What a panic says.
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
        assert_eq!(guarded("a test", std::pin::pin!(panicking)).await, Err(Panicked));
        assert_eq!(steps, 1);
        assert_eq!(guarded("a test", std::future::ready(7)).await, Ok(7));
        assert_eq!(message(&"text"), "text");
        assert_eq!(message(&"text".to_owned()), "text");
        assert_eq!(message(&7), "no message");
    }
}
