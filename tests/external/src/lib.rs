//! A crate that depends on labserve as any other does: on its public items, without features.

#[cfg(test)]
mod tests {
    use labserve::{Event, Server};
    use std::net::TcpStream;
    use std::time::Duration;

    #[test]
    fn no_runtime_is_needed() {
        let server = Server::builder().start().expect("a server");
        let client = TcpStream::connect(server.address()).expect("a connection");
        drop(client);
        let closed = server.wait_for(Event::closed(), Duration::from_secs(5));
        assert_eq!(closed.expect("a close"), 1);
        let report = server.stop();
        assert_eq!(report.connections(), 1, "{report}");
    }
}
