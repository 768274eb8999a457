//! A request that arrives in the instant in which its idle connection is ended: what the client meets, by profile, as
//! measured with the real servers (profiles/README.md has the table, tests/e2e/load/race.py measures it).
#![cfg(target_os = "linux")]

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::support::server::Server;
use crate::support::site::Site;

const REQUEST: &[u8] = b"GET /types/a.txt HTTP/1.1\r\nHost: lab.test\r\n\r\n";
/// The idle timer of these tests, and how far from it is surely before or behind it.
const IDLE: Duration = Duration::from_millis(1500);
const FAR: Duration = Duration::from_millis(500);

/// What a client meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meets {
    /// A reply.
    Served,
    /// RST, and nothing before it.
    Rst,
    /// FIN, and RST for what was sent.
    FinThenRst,
    /// FIN, and nothing for what was sent.
    FinAlone,
}

/// By profile: what a request meets that the server finds together with the end of its timer, and one that comes behind
/// FIN.
const RACES: [(&str, Meets, Meets); 3] = [
    ("node", Meets::Rst, Meets::FinThenRst),
    ("apache", Meets::Served, Meets::FinAlone),
    ("nginx", Meets::Rst, Meets::FinThenRst),
];

/// A connection that has been served once, and when.
struct Resting {
    stream: TcpStream,
    since: Instant,
}

impl Resting {
    fn on(server: &Server) -> Resting {
        let mut stream = TcpStream::connect(server.address()).expect("the server should accept");
        stream.write_all(REQUEST).expect("the server should take a request");
        let mut reply = [0; 4096];
        assert!(stream.read(&mut reply).expect("a reply") > 0);
        Resting {
            stream,
            since: Instant::now(),
        }
    }

    fn wait_until(&self, after: Duration) {
        sleep(after.saturating_sub(self.since.elapsed()));
    }

    /// Sends another request and says what becomes of it.
    fn asks_again(&mut self) -> Meets {
        self.stream
            .write_all(REQUEST)
            .expect("the system should take a request, whoever may read it");
        self.meets()
    }

    fn meets(&mut self) -> Meets {
        self.stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .expect("a timeout should be to be set");
        match self.stream.read(&mut [0; 4096]) {
            Ok(0) => {
                // RST for the request would come now; the system notes it as an error of the connection.
                sleep(Duration::from_millis(100));
                match self.stream.take_error().expect("a socket should tell its error") {
                    Some(_) => Meets::FinThenRst,
                    None => Meets::FinAlone,
                }
            }
            Ok(_) => Meets::Served,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => Meets::Rst,
            Err(error) => panic!("neither an answer nor an end: {error}"),
        }
    }
}

fn start(profile: &str, site: &Site) -> Server {
    let idle = format!("timers.idle={}ms", IDLE.as_millis());
    Server::start_with(profile, site.root(), &["--set", &idle, "--workers", "1"])
}

#[test]
fn a_request_before_the_end_is_served_and_one_behind_it_is_not() {
    let site = Site::recorded();
    for (profile, _, behind) in RACES {
        let server = start(profile, &site);
        let (mut early, mut late) = (Resting::on(&server), Resting::on(&server));
        early.wait_until(IDLE - FAR);
        assert_eq!(early.asks_again(), Meets::Served, "{profile}");
        late.wait_until(IDLE + FAR);
        assert_eq!(late.asks_again(), behind, "{profile}");
    }
}

/// The process is stopped while timer and request come, so that it finds both at once when it goes on.
#[test]
fn a_request_that_is_found_with_the_end_of_its_timer() {
    let site = Site::recorded();
    for (profile, tie, _) in RACES {
        let server = start(profile, &site);
        let mut resting = Resting::on(&server);
        resting.wait_until(IDLE - FAR);
        server.signal("-STOP");
        // Until it has really stopped it would notice the request.
        sleep(FAR / 2);
        resting
            .stream
            .write_all(REQUEST)
            .expect("the system should take a request");
        resting.wait_until(IDLE + FAR / 2);
        server.signal("-CONT");
        assert_eq!(resting.meets(), tie, "{profile}");
    }
}

/// A reply that waits for the lookup of its file is dropped if FIN comes meanwhile; how long that takes is the profile's.
#[test]
fn a_fin_behind_a_request_drops_it_for_as_long_as_the_lookup_takes() {
    let site = Site::recorded();
    for (within, meets) in [("5s", Meets::FinAlone), ("0ms", Meets::Served)] {
        let set = format!("client_fin.drop_within={within}");
        let server = Server::start_with("node", site.root(), &["--set", &set]);
        let mut stream = TcpStream::connect(server.address()).expect("the server should accept");
        stream.write_all(REQUEST).expect("the server should take a request");
        sleep(FAR / 2);
        stream
            .shutdown(Shutdown::Write)
            .expect("an open connection should be to be shut");
        let mut ending = Resting {
            stream,
            since: Instant::now(),
        };
        assert_eq!(ending.meets(), meets, "{within}");
        assert!(
            ending.since.elapsed() < Duration::from_secs(4),
            "{within}: it waits on behind FIN"
        );
    }
}
