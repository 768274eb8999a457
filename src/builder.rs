//! The configuration of a server before it starts.

use crate::history::History;
#[cfg(feature = "timeline")]
use crate::timeline::Prepared;
use crate::{Error, ErrorKind, Rule, Running, profiles};
use labserve_core::profile::builtin;
use labserve_core::profile::layers::{Layer, Stack};
use labserve_server::events::EventSenders;
use labserve_server::files::{Directory, Limits, Memory, Root};
use labserve_server::server::{Options, Server as Bound, Site, run};
use labserve_server::text_file::shown;
use std::fmt::Display;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The default of [`Builder::grace`].
const GRACE: Duration = Duration::from_secs(1);

/// The configuration of a server. [`Server::builder`](crate::Server::builder) creates it, and [`start`](Builder::start)
/// starts the server.
///
/// By default the server has the profile `node` and serves the demo site on a free port of 127.0.0.1.
///
/// ```
/// use std::time::Duration;
///
/// let server = labserve::Server::builder()
///     .profile("nginx")?
///     .set("timers.idle", "1s")?
///     .file("/a.txt", "text")
///     .grace(Duration::ZERO)
///     .start()?;
/// assert!(server.url("/a.txt").starts_with("http://127.0.0.1:"));
/// # Ok::<(), labserve::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is started"]
pub struct Builder {
    profile: Option<Stack>,
    changes: Vec<Layer>,
    rules: Vec<Rule>,
    root: Option<PathBuf>,
    files: Vec<(String, Vec<u8>)>,
    address: SocketAddr,
    workers: usize,
    grace: Duration,
    #[cfg(feature = "timeline")]
    timeline: Option<SocketAddr>,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            profile: None,
            changes: Vec::new(),
            rules: Vec::new(),
            root: None,
            files: Vec::new(),
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            workers: 1,
            grace: GRACE,
            #[cfg(feature = "timeline")]
            timeline: None,
        }
    }

    /// The server to imitate: the name of a built-in profile, the path of a profile (it ends in `.toml` or contains a
    /// directory), or a profile as TOML text.
    ///
    /// ```
    /// # use labserve::Server;
    /// let by_name = Server::builder().profile("flask")?;
    /// let by_path = Server::builder().profile("profiles/flask.toml")?;
    /// let by_text = Server::builder().profile("extends = 'flask'\n[timers]\nidle = '2s'")?;
    /// # Ok::<(), labserve::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Profile`]: there is no such profile, the file cannot be read, or it has a mistake. The message
    /// contains the line number.
    pub fn profile(self, profile: &str) -> Result<Self, Error> {
        let profile = Some(profiles::stack(profile)?);
        Ok(Self { profile, ..self })
    }

    /// Sets a key of the profile. It may be called before or after [`profile`](Builder::profile). The value is TOML,
    /// but text needs no quotes.
    ///
    /// `labserve profiles NAME` prints the keys of a profile, and profiles/reference.md in the repository describes
    /// them.
    ///
    /// ```
    /// # use labserve::Server;
    /// let builder = Server::builder().set("connection.max_requests", 2)?.set("timers.idle", "250ms")?;
    /// # Ok::<(), labserve::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Profile`]: there is no such key, or the key does not accept this value. The message says what is
    /// expected.
    pub fn set(mut self, key: &str, value: impl Display) -> Result<Self, Error> {
        let origin = format!(".set(\"{key}\", ..)");
        self.changes.push(Layer::from_key(&origin, key, &value.to_string())?);
        Ok(self)
    }

    /// Adds a rule: what happens to certain requests or connections, and exactly when.
    ///
    /// ```
    /// # use labserve::{Rule, Server};
    /// let server = Server::builder()
    ///     .rule(Rule::path("/api/**").status(503).times(2))
    ///     .rule(Rule::path("/big").nth(1).after_bytes(1000).reset())
    ///     .start()?;
    /// # Ok::<(), labserve::Error>(())
    /// ```
    ///
    /// A mistake in a rule is reported by [`start`](Builder::start).
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// The directory to serve.
    ///
    /// ```
    /// # use labserve::Server;
    /// let server = Server::builder().root("static").start()?;
    /// # Ok::<(), labserve::Error>(())
    /// ```
    pub fn root(self, directory: impl Into<PathBuf>) -> Self {
        let root = Some(directory.into());
        Self { root, ..self }
    }

    /// Adds a file to serve from memory. Files in memory replace the demo site. If two have the same path, the later
    /// one is served. Their modification time is 2023-10-31 15:31:16 UTC, so that replies are the same in every run.
    ///
    /// The path starts with a slash. It is the path of the file, not of a URL: `/a b.txt` is served at `/a%20b.txt`.
    ///
    /// ```
    /// # use labserve::Server;
    /// let server = Server::builder()
    ///     .file("/index.html", "<title>Hello</title>")
    ///     .file("/img/dot.gif", b"GIF89a")
    ///     .start()?;
    /// # Ok::<(), labserve::Error>(())
    /// ```
    pub fn file(mut self, path: impl Into<String>, content: impl Into<Vec<u8>>) -> Self {
        self.files.push((path.into(), content.into()));
        self
    }

    /// The address to listen on. Port 0 means any free port. The default is a free port of 127.0.0.1.
    ///
    /// ```
    /// # use labserve::Server;
    /// let server = Server::builder().bind(([127, 0, 0, 1], 0)).start()?;
    /// assert_ne!(server.address().port(), 0);
    /// # Ok::<(), labserve::Error>(())
    /// ```
    pub fn bind(self, address: impl Into<SocketAddr>) -> Self {
        let address = address.into();
        Self { address, ..self }
    }

    /// The number of threads that serve requests. The default is one, which serves any number of connections at a time.
    ///
    /// ```
    /// # use labserve::Server;
    /// let server = Server::builder().workers(4).start()?;
    /// # Ok::<(), labserve::Error>(())
    /// ```
    pub fn workers(self, workers: usize) -> Self {
        Self { workers, ..self }
    }

    /// How long replies in progress may take when the server stops, before they are cut off. The default is one second.
    ///
    /// ```
    /// # use labserve::Server;
    /// # use std::time::Duration;
    /// let server = Server::builder().grace(Duration::from_secs(10)).start()?;
    /// # Ok::<(), labserve::Error>(())
    /// ```
    pub fn grace(self, grace: Duration) -> Self {
        Self { grace, ..self }
    }

    /// Serves the timeline at this address: a page that shows every connection live, for someone who wants to see what
    /// a test does. [`Running::timeline`] returns its URL.
    ///
    /// ```
    /// # use labserve::Server;
    /// let server = Server::builder().timeline(([127, 0, 0, 1], 0)).start()?;
    /// println!("open {}", server.timeline().unwrap());
    /// # Ok::<(), labserve::Error>(())
    /// ```
    #[cfg(feature = "timeline")]
    pub fn timeline(self, address: impl Into<SocketAddr>) -> Self {
        let timeline = Some(address.into());
        Self { timeline, ..self }
    }

    /// Starts the server on separate threads. Clients can connect when this returns.
    ///
    /// ```
    /// let server = labserve::Server::builder().start()?;
    /// std::net::TcpStream::connect(server.address()).unwrap();
    /// # Ok::<(), labserve::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Profile`]: keys contradict each other. [`ErrorKind::Root`]: the directory or a file cannot be
    /// served. [`ErrorKind::Address`]: the server cannot listen on the address. [`ErrorKind::Thread`]: a thread cannot
    /// be started.
    pub fn start(self) -> Result<Running, Error> {
        let base = match self.profile {
            Some(profile) => profile,
            None => profiles::stack(builtin::DEFAULT)?,
        };
        let mut stack = self.changes.into_iter().fold(base, Stack::over);
        for rule in &self.rules {
            stack = stack.over(Layer::of_rules(".rule(..)", std::slice::from_ref(&rule.0))?);
        }
        let site = Site {
            profile: stack.build()?,
            root: root(self.root, self.files)?,
            cache: Limits::default(),
        };
        let bound = Bound::bind(site, self.address).map_err(|error| not_bound(error, self.address))?;
        let address = bound.address();
        #[cfg(feature = "timeline")]
        let (timeline, site) = (self.timeline.map(Prepared::bind).transpose()?, bound.site().clone());
        let history = History::new();
        let senders = EventSenders {
            #[cfg(feature = "timeline")]
            live: timeline.as_ref().map(Prepared::sender),
            observer: Some(history.clone()),
            ..EventSenders::default()
        };
        let options = Options {
            workers: self.workers,
            grace: self.grace,
            throttle_log: false,
        };
        let server = run(vec![bound], options, &senders)
            .map_err(|error| Error::new(ErrorKind::Thread, "cannot start the threads that serve").with_source(error))?;
        #[cfg(feature = "timeline")]
        let page = timeline
            .map(|timeline| timeline.start((address, stack, site), server.control().clone(), history.clone()))
            .transpose()?;
        Ok(Running {
            server: Some(server),
            address,
            history,
            #[cfg(feature = "timeline")]
            page,
        })
    }
}

/// What is served: a directory, files in memory, or the demo site.
fn root(directory: Option<PathBuf>, files: Vec<(String, Vec<u8>)>) -> Result<Root, Error> {
    match directory {
        Some(_) if !files.is_empty() => Err(Error::new(
            ErrorKind::Root,
            "a server has either a directory or files in memory; leave out .root(..) or .file(..)",
        )),
        Some(directory) => match Directory::open(&directory, false) {
            Ok(directory) => Ok(Root::Directory(directory)),
            Err(error) => Err(not_served(error, &directory)),
        },
        None if files.is_empty() => Ok(Root::Memory(Memory::demo_site())),
        None => {
            let files: Result<Vec<(String, Vec<u8>)>, Error> = files
                .into_iter()
                .map(|(path, content)| Ok((below_root(&path)?.to_owned(), content)))
                .collect();
            Ok(Root::Memory(Memory::new(files?)))
        }
    }
}

/// The path of a file relative to the root.
fn below_root(path: &str) -> Result<&str, Error> {
    let names = path.strip_prefix('/');
    let is_name = |name: &str| !matches!(name, "" | "." | "..");
    names.filter(|names| names.split('/').all(is_name)).ok_or_else(|| {
        let message = format!(
            "cannot serve a file at {path:?}; expected a path that starts with a slash and ends in a name, such as \"/a.txt\""
        );
        Error::new(ErrorKind::Root, message)
    })
}

fn not_served(error: io::Error, directory: &Path) -> Error {
    let hint = match error.kind() {
        io::ErrorKind::NotFound => {
            let from = std::env::current_dir().map_or_else(|_| String::new(), |here| format!(" from {}", shown(&here)));
            format!("it does not exist; a relative path is looked up{from}")
        }
        io::ErrorKind::NotADirectory => "expected a directory, not a file".to_owned(),
        io::ErrorKind::PermissionDenied => "this user may not read it".to_owned(),
        _ => "it cannot be read".to_owned(),
    };
    let message = format!("cannot serve the directory {}: {hint}", shown(directory));
    Error::new(ErrorKind::Root, message).with_source(error)
}

fn not_bound(error: io::Error, address: SocketAddr) -> Error {
    let hint = match error.kind() {
        io::ErrorKind::AddrInUse => "the port is in use; choose another, or 0 for a free one",
        io::ErrorKind::AddrNotAvailable => "the address does not belong to this machine",
        io::ErrorKind::PermissionDenied => {
            "the port is reserved, or needs more rights than this process has; choose another, or 0 for a free one"
        }
        _ => "choose another address with .bind(..)",
    };
    Error::new(ErrorKind::Address, format!("cannot listen on {address}: {hint}")).with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_paths_below_the_root() {
        for (path, want) in [
            ("/a.txt", Some("a.txt")),
            ("/a b/c?d", Some("a b/c?d")),
            ("a.txt", None),
            ("/", None),
            ("", None),
            ("/a/", None),
            ("/a//b", None),
            ("/../a", None),
        ] {
            assert_eq!(below_root(path).ok(), want, "{path:?}");
        }
    }
}
