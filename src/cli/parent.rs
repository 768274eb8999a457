//! Stops the program without a signal: when its standard input ends, or after a time.

use std::io::{self, Read};
use std::time::Duration;
use tokio::sync::oneshot;

/// When to stop without a signal.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Until {
    /// Whether the end of standard input stops the program.
    pub(super) with_parent: bool,
    /// The time after which the program stops.
    pub(super) time: Option<Duration>,
}

impl Until {
    /// Waits until it is time to stop. Without any condition it waits forever.
    pub(super) async fn reached(self) {
        let time = async {
            match self.time {
                Some(time) => tokio::time::sleep(time).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = time => {}
            () = input_ends(), if self.with_parent => {}
        }
    }
}

/// Waits until standard input ends. A separate thread reads it, because a blocking read cannot be cancelled.
async fn input_ends() {
    let (sender, ended) = oneshot::channel();
    let read = move || {
        let mut input = io::stdin().lock();
        let mut buffer = [0; 512];
        while input.read(&mut buffer).is_ok_and(|count| count > 0) {}
        // The receiver is gone if the program is already stopping.
        let _ = sender.send(());
    };
    match std::thread::Builder::new().name("stdin".to_owned()).spawn(read) {
        // A dropped sender would mean that the thread has panicked. The program then stops too.
        Ok(_) => drop(ended.await),
        Err(error) => {
            tracing::warn!("cannot watch standard input, so its end will stop nothing: {error}");
            std::future::pending::<()>().await;
        }
    }
}
