//! What running servers can be told and asked, from any thread.

use super::Site;
use super::registry::Sight;
use super::worker::Worker;
use crate::sys::Kernel;
use labserve_core::profile::CloseStyle;
use std::rc::Rc;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// What a worker is told to do.
#[derive(Clone, Debug)]
pub(super) enum Order {
    /// To serve this in place of what it serves as the server of this number.
    Reload(usize, Box<Site>),
    /// To accept connections for the server of this number, or to leave them to wait.
    Accept(usize, bool),
    /// To answer for its connections.
    Ask(Question),
    /// To stop.
    Stop,
}

/// What a worker is asked of its connections, and the way of the answer.
#[derive(Clone, Debug)]
pub(super) enum Question {
    /// Which are open?
    List(UnboundedSender<Vec<Sight>>),
    /// What is known of the one of this number?
    Look(u64, UnboundedSender<(Sight, Option<Kernel>)>),
    /// Is it here? Then it is to end in this style.
    End(u64, CloseStyle, UnboundedSender<()>),
}

/// A way of orders to all workers.
#[derive(Clone, Debug)]
pub struct Orders(pub(super) Vec<UnboundedSender<Order>>);

impl Orders {
    /// Serves `site` in place of what the `server`th server has served, from the next request on. No connection is ended
    /// for it; one that rests keeps the timer that it rests under. Its port and address stay.
    pub fn reload(&self, server: usize, site: &Site) {
        self.give(&Order::Reload(server, Box::new(site.clone())));
    }

    /// Accepts connections for the `server`th server, or leaves them to wait. The system completes handshakes all the
    /// same, up to its backlog.
    pub fn accept(&self, server: usize, accepts: bool) {
        self.give(&Order::Accept(server, accepts));
    }

    /// Which connections are open.
    pub async fn connections(&self) -> Vec<Sight> {
        let mut all = self.ask(Question::List).await.concat();
        all.sort_by_key(|sight| sight.id);
        all
    }

    /// What is known of the connection of this number, if it is open; and what the system's kernel knows of it, where it
    /// says.
    pub async fn connection(&self, id: u64) -> Option<(Sight, Option<Kernel>)> {
        self.ask(|answer| Question::Look(id, answer)).await.pop()
    }

    /// Ends the connection of this number, in this style, whatever happens on it. False if it is not open.
    pub async fn end(&self, id: u64, style: CloseStyle) -> bool {
        !self.ask(|answer| Question::End(id, style, answer)).await.is_empty()
    }

    pub(super) fn give(&self, order: &Order) {
        for worker in &self.0 {
            // A worker that has ended already has nothing left to do.
            let _ = worker.send(order.clone());
        }
    }

    /// What the workers answer who have an answer.
    async fn ask<A>(&self, question: impl FnOnce(UnboundedSender<A>) -> Question) -> Vec<A> {
        let (answer, mut answers) = unbounded_channel();
        self.give(&Order::Ask(question(answer)));
        let mut all = Vec::new();
        // Ends when each worker has dropped its way to answer.
        while let Some(one) = answers.recv().await {
            all.push(one);
        }
        all
    }
}

/// Answers for the connections of one worker's servers. Who has asked and gone away needs no answer.
pub(super) fn answer(question: Question, servers: &[Rc<Worker>]) {
    let mut each = servers
        .iter()
        .enumerate()
        .map(|(number, server)| (number, &server.registry));
    match question {
        Question::List(answer) => {
            let _ = answer.send(each.flat_map(|(number, registry)| registry.sights(number)).collect());
        }
        Question::Look(id, answer) => {
            if let Some(seen) = each.find_map(|(number, registry)| registry.look_at(number, id)) {
                let _ = answer.send(seen);
            }
        }
        Question::End(id, style, answer) => {
            if each.any(|(_, registry)| registry.end(id, style)) {
                let _ = answer.send(());
            }
        }
    }
}
