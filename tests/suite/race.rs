//! A request that arrives just as the server closes the idle connection. The expectations were measured on the real
//! servers by tests/e2e/load/race.py; docs/idle-close.md has the table.
#![cfg(target_os = "linux")]

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::support::server::Server;
use crate::support::site::Site;

const REQUEST: &[u8] = b"GET /types/a.txt HTTP/1.1\r\nHost: lab.test\r\n\r\n";
/// The idle timeout of these tests, and a distance from it that is safely before or after it.
const IDLE: Duration = Duration::from_millis(1500);
const FAR: Duration = Duration::from_millis(500);

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// It is answered.
    Served,
    /// The connection is reset without FIN.
    Rst,
    /// The server has sent FIN, and answers the request with RST.
    FinThenRst,
    /// The server has sent FIN, and does not react to the request.
    FinAlone,
}

/// For each profile: the outcome of a request that the server finds at the moment its timer expires, and of one that
/// arrives after the server's FIN.
const RACES: [(&str, Outcome, Outcome); 3] = [
    ("node", Outcome::Rst, Outcome::FinThenRst),
    ("apache", Outcome::Served, Outcome::FinAlone),
    ("nginx", Outcome::Rst, Outcome::FinThenRst),
];

/// A connection that is idle after one exchange, and the time since which it is idle.
struct Idle {
    stream: TcpStream,
    since: Instant,
}

impl Idle {
    fn on(server: &Server) -> Self {
        let mut stream = TcpStream::connect(server.address()).expect("to connect");
        stream.write_all(REQUEST).expect("to write a request");
        let mut reply = [0; 4096];
        assert!(stream.read(&mut reply).expect("a reply") > 0);
        Self {
            stream,
            since: Instant::now(),
        }
    }

    fn wait_until(&self, after: Duration) {
        sleep(after.saturating_sub(self.since.elapsed()));
    }

    /// Sends another request and returns its outcome.
    fn asks_again(&mut self) -> Outcome {
        self.stream.write_all(REQUEST).expect("to write a request");
        self.outcome()
    }

    fn outcome(&mut self) -> Outcome {
        self.stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .expect("to set a timeout");
        match self.stream.read(&mut [0; 4096]) {
            Ok(0) => {
                // A RST in response to the request would arrive now. The system reports it as an error of the socket.
                sleep(Duration::from_millis(100));
                match self.stream.take_error().expect("to read the socket's error") {
                    Some(_) => Outcome::FinThenRst,
                    None => Outcome::FinAlone,
                }
            }
            Ok(_) => Outcome::Served,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => Outcome::Rst,
            Err(error) => panic!("neither a reply nor a close: {error}"),
        }
    }
}

fn start(profile: &str, site: &Site) -> Server {
    let idle = format!("timers.idle={}ms", IDLE.as_millis());
    Server::start_with(profile, site.root(), &["--set", &idle, "--workers", "1"])
}

#[test]
fn a_request_before_the_timeout_is_served_and_one_after_it_is_not() {
    let site = Site::recorded();
    for (profile, _, after) in RACES {
        let server = start(profile, &site);
        let (mut early, mut late) = (Idle::on(&server), Idle::on(&server));
        early.wait_until(IDLE - FAR);
        assert_eq!(early.asks_again(), Outcome::Served, "{profile}");
        late.wait_until(IDLE + FAR);
        assert_eq!(late.asks_again(), after, "{profile}");
    }
}

/// The process is suspended while the timer expires and the request arrives, so that it finds both when it resumes.
#[test]
fn a_request_that_is_found_as_the_timer_expires_is_treated_as_measured() {
    let site = Site::recorded();
    for (profile, tie, _) in RACES {
        let server = start(profile, &site);
        let mut idle = Idle::on(&server);
        idle.wait_until(IDLE - FAR);
        server.signal("-STOP");
        // Signals are delivered asynchronously: wait until the process has really stopped.
        sleep(FAR / 2);
        idle.stream.write_all(REQUEST).expect("to write a request");
        idle.wait_until(IDLE + FAR / 2);
        server.signal("-CONT");
        assert_eq!(idle.outcome(), tie, "{profile}");
    }
}

/// If FIN arrives while the file of a request is being looked up, the request is dropped. The profile says how long the
/// lookup takes (`client_fin.drop_within`).
#[test]
fn a_fin_after_a_request_drops_it_within_the_time_of_the_lookup() {
    let site = Site::recorded();
    for (within, outcome) in [("5s", Outcome::FinAlone), ("0ms", Outcome::Served)] {
        let set = format!("client_fin.drop_within={within}");
        let server = Server::start_with("node", site.root(), &["--set", &set]);
        let mut stream = TcpStream::connect(server.address()).expect("to connect");
        stream.write_all(REQUEST).expect("to write a request");
        sleep(FAR / 2);
        stream.shutdown(Shutdown::Write).expect("to send FIN");
        let mut ending = Idle {
            stream,
            since: Instant::now(),
        };
        assert_eq!(ending.outcome(), outcome, "{within}");
        assert!(
            ending.since.elapsed() < Duration::from_secs(4),
            "{within}: it keeps waiting after FIN"
        );
    }
}
