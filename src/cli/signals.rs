//! Signals from the operating system.

use std::io;

/// What a signal asks the program to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProgramRequest {
    /// Stop.
    Stop,
    /// Read the configuration again.
    Reload,
}

/// The signals that the program handles.
pub(super) struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    hangup: tokio::signal::unix::Signal,
    #[cfg(windows)]
    ctrl_c: tokio::signal::windows::CtrlC,
    #[cfg(windows)]
    ctrl_break: tokio::signal::windows::CtrlBreak,
    #[cfg(windows)]
    ctrl_close: tokio::signal::windows::CtrlClose,
}

#[cfg(unix)]
impl Signals {
    pub(super) fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for the next signal.
    pub(super) async fn next(&mut self) -> ProgramRequest {
        tokio::select! {
            _ = self.interrupt.recv() => ProgramRequest::Stop,
            _ = self.terminate.recv() => ProgramRequest::Stop,
            _ = self.hangup.recv() => ProgramRequest::Reload,
        }
    }
}

#[cfg(windows)]
impl Signals {
    pub(super) fn new() -> io::Result<Self> {
        use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close};
        Ok(Self {
            ctrl_c: ctrl_c()?,
            ctrl_break: ctrl_break()?,
            ctrl_close: ctrl_close()?,
        })
    }

    /// Waits for the next signal. Windows has no signal for a reload; see `labserve reload`.
    pub(super) async fn next(&mut self) -> ProgramRequest {
        tokio::select! {
            _ = self.ctrl_c.recv() => ProgramRequest::Stop,
            _ = self.ctrl_break.recv() => ProgramRequest::Stop,
            _ = self.ctrl_close.recv() => ProgramRequest::Stop,
        }
    }
}
