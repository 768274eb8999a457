//! How `labserve reload` reaches a running server: a socket in the file system, or a named pipe on Windows. Its name
//! contains the address that the server listens on. The response is one line, `ok: ...` or `error: ...`.

use std::io;
use tokio::io::AsyncWriteExt;

/// The prefixes of a response.
const OK: &str = "ok: ";
const ERROR: &str = "error: ";

/// The name of the endpoint of the server that listens on `address`.
pub(super) fn name_of(address: std::net::SocketAddr) -> String {
    system::name(&address.to_string().replace(['[', ']', ':', '%'], "-"))
}

/// Requests that the server with this endpoint read its configuration again.
///
/// # Errors
/// The outer error: the server cannot be reached. The inner error: the server refuses the configuration.
pub(super) fn ask(name: &str) -> io::Result<Result<String, String>> {
    let answer = system::ask(name)?;
    let answer = answer.trim_end();
    if let Some(what) = answer.strip_prefix(OK) {
        Ok(Ok(what.to_owned()))
    } else if let Some(why) = answer.strip_prefix(ERROR) {
        Ok(Err(why.to_owned()))
    } else {
        Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "the response is not from labserve",
        ))
    }
}

/// The endpoint of a running server.
pub(super) struct Endpoint(system::Listener);

impl Endpoint {
    /// Opens the endpoint. It replaces one that an earlier server did not remove.
    pub(super) fn open(name: &str) -> io::Result<Self> {
        system::Listener::open(name).map(Endpoint)
    }

    /// Waits for the next caller.
    pub(super) async fn next(&mut self) -> Caller {
        loop {
            match self.0.accept().await {
                Ok(stream) => return Caller(stream),
                Err(error) => {
                    tracing::debug!("`labserve reload`: {error}");
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
            }
        }
    }
}

/// A caller that asked to reload and waits for the response.
pub(super) struct Caller(system::Stream);

impl Caller {
    /// Sends the result.
    pub(super) async fn answer(mut self, done: Result<String, String>) {
        let line = match done {
            Ok(what) => format!("{OK}{what}\n"),
            Err(why) => format!("{ERROR}{why}\n"),
        };
        // The caller may be gone. The reload has happened anyway.
        let _ = self.0.write_all(line.as_bytes()).await;
        let _ = self.0.shutdown().await;
    }
}

#[cfg(unix)]
mod system {
    use std::fs;
    use std::io::{self, Read};
    use std::path::PathBuf;
    use tokio::net::{UnixListener, UnixStream};

    pub(super) type Stream = UnixStream;

    pub(super) fn name(address: &str) -> String {
        let directory = std::env::var_os("XDG_RUNTIME_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
        directory.join(format!("labserve-{address}.sock")).display().to_string()
    }

    pub(super) fn ask(name: &str) -> io::Result<String> {
        let mut answer = String::new();
        std::os::unix::net::UnixStream::connect(name)?.read_to_string(&mut answer)?;
        Ok(answer)
    }

    pub(super) struct Listener {
        listener: UnixListener,
        name: String,
    }

    impl Listener {
        pub(super) fn open(name: &str) -> io::Result<Self> {
            // This process has bound the address in the name, so the owner of an existing socket no longer runs.
            match fs::remove_file(name) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            Ok(Self {
                listener: UnixListener::bind(name)?,
                name: name.to_owned(),
            })
        }

        #[allow(clippy::needless_pass_by_ref_mut, reason = "the named pipe below needs it")]
        pub(super) async fn accept(&mut self) -> io::Result<UnixStream> {
            self.listener.accept().await.map(|(stream, _)| stream)
        }
    }

    impl Drop for Listener {
        fn drop(&mut self) {
            // If it cannot be removed now, the next server with this address removes it.
            let _ = fs::remove_file(&self.name);
        }
    }
}

#[cfg(windows)]
mod system {
    use std::fs::{File, OpenOptions};
    use std::io::{self, Read};
    use std::os::windows::fs::OpenOptionsExt;
    use std::time::Duration;
    use tokio::net::windows::named_pipe::{NamedPipeServer, ServerOptions};
    use windows_sys::Win32::Foundation::ERROR_PIPE_BUSY;
    use windows_sys::Win32::Storage::FileSystem::SECURITY_IDENTIFICATION;

    /// How many times to try, and how long to wait each time, while other callers occupy the pipe.
    const TRIES: usize = 50;
    const WAIT: Duration = Duration::from_millis(20);

    pub(super) type Stream = NamedPipeServer;

    pub(super) fn name(address: &str) -> String {
        format!(r"\\.\pipe\labserve-{address}")
    }

    pub(super) fn ask(name: &str) -> io::Result<String> {
        let mut answer = String::new();
        connect(name)?.read_to_string(&mut answer)?;
        Ok(answer)
    }

    fn connect(name: &str) -> io::Result<File> {
        let mut tries = 0..TRIES;
        loop {
            // The owner of the pipe may identify the caller, but must not be able to act as that user.
            let opened = OpenOptions::new()
                .read(true)
                .write(true)
                .security_qos_flags(SECURITY_IDENTIFICATION)
                .open(name);
            let is_busy = |error: &io::Error| error.raw_os_error() == Some(ERROR_PIPE_BUSY as i32);
            if !opened.as_ref().is_err_and(is_busy) || tries.next().is_none() {
                return opened;
            }
            std::thread::sleep(WAIT);
        }
    }

    pub(super) struct Listener {
        /// The instance of the pipe that the next caller gets.
        next: NamedPipeServer,
        name: String,
    }

    impl Listener {
        pub(super) fn open(name: &str) -> io::Result<Self> {
            Ok(Self {
                next: ServerOptions::new().first_pipe_instance(true).create(name)?,
                name: name.to_owned(),
            })
        }

        pub(super) async fn accept(&mut self) -> io::Result<NamedPipeServer> {
            self.next.connect().await?;
            let next = ServerOptions::new().create(&self.name)?;
            Ok(std::mem::replace(&mut self.next, next))
        }
    }
}
