//! Listening sockets that another program has opened and passed to this one, as systemd does: `sd_listen_fds(3)`.

use std::io;
use std::net::TcpListener;

/// Takes the listening sockets that were passed to this process. This works only once: a second call finds none.
///
/// # Errors
/// A descriptor that was passed is not a listening TCP socket.
#[cfg(target_os = "linux")]
pub fn passed_listeners() -> io::Result<Vec<TcpListener>> {
    use std::sync::atomic::{AtomicBool, Ordering};

    static TAKEN: AtomicBool = AtomicBool::new(false);
    if TAKEN.swap(true, Ordering::Relaxed) {
        return Ok(Vec::new());
    }
    let count = linux::count(std::process::id(), |name| std::env::var(name).ok());
    (0..count).map(|number| linux::take(linux::FIRST + number)).collect()
}

/// Only Linux has programs that pass sockets in this way.
///
/// # Errors
/// This function does not fail.
#[cfg(not(target_os = "linux"))]
pub fn passed_listeners() -> io::Result<Vec<TcpListener>> {
    Ok(Vec::new())
}

#[cfg(target_os = "linux")]
mod linux {
    use socket2::{SockRef, Type};
    use std::io;
    use std::net::TcpListener;
    use std::os::fd::{BorrowedFd, FromRawFd, RawFd};

    /// The first descriptor that is passed. The others have the numbers after it.
    pub(super) const FIRST: RawFd = 3;
    /// A larger number of sockets is a mistake in the environment.
    const MOST: RawFd = 1000;

    /// How many descriptors were passed to the process with this id. The variables may be meant for a parent process,
    /// because children inherit them.
    pub(super) fn count(process: u32, variable: impl Fn(&str) -> Option<String>) -> RawFd {
        let number = |name: &str| variable(name).and_then(|text| text.parse::<u32>().ok());
        if number("LISTEN_PID") != Some(process) {
            return 0;
        }
        let count = number("LISTEN_FDS").and_then(|count| RawFd::try_from(count).ok());
        count.unwrap_or(0).min(MOST)
    }

    /// The listener that has this descriptor. It is closed on exec, so a program that is started from here does not get
    /// it.
    #[allow(unsafe_code, reason = "a descriptor is passed as a number")]
    pub(super) fn take(descriptor: RawFd) -> io::Result<TcpListener> {
        // SAFETY: the call reads a flag, and fails if the descriptor is not open.
        if unsafe { libc::fcntl(descriptor, libc::F_GETFD) } < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: it is open, and stays so: it was passed to this process, and nothing else here knows its number.
        let borrowed = unsafe { BorrowedFd::borrow_raw(descriptor) };
        let socket = SockRef::from(&borrowed);
        let is_tcp = socket.local_addr()?.as_socket().is_some() && socket.r#type()? == Type::STREAM;
        if !is_tcp || !socket.is_listener()? {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        socket.set_cloexec(true)?;
        // SAFETY: it is open, and `passed_listeners` takes each number once.
        Ok(unsafe { TcpListener::from_raw_fd(descriptor) })
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use std::os::fd::{AsRawFd, IntoRawFd};

        #[test]
        fn the_variables_must_mean_this_process() {
            for (pid, fds, want) in [
                (Some("7"), Some("2"), 2),
                (Some("8"), Some("2"), 0),
                (None, Some("2"), 0),
                (Some("7"), None, 0),
                (Some("7"), Some("-1"), 0),
                (Some("7"), Some("many"), 0),
                (Some("7"), Some("4000000000"), 0),
                (Some("7"), Some("2000000000"), MOST),
            ] {
                let variable = |name: &str| if name == "LISTEN_PID" { pid } else { fds }.map(str::to_owned);
                assert_eq!(count(7, variable), want, "{pid:?} {fds:?}");
            }
        }

        #[test]
        fn only_a_socket_that_listens_is_taken() {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
            let address = listener.local_addr().expect("its address");
            let passed = listener.try_clone().expect("a copy").into_raw_fd();
            assert_eq!(
                take(passed).expect("a listener").local_addr().expect("its address"),
                address
            );

            let connected = std::net::TcpStream::connect(address).expect("a connection");
            let datagrams = std::net::UdpSocket::bind("127.0.0.1:0").expect("a port");
            let file = std::fs::File::open("/dev/null").expect("a file");
            for descriptor in [
                connected.as_raw_fd(),
                datagrams.as_raw_fd(),
                file.as_raw_fd(),
                RawFd::MAX,
            ] {
                take(descriptor).expect_err("not a socket that listens");
            }
        }
    }
}
