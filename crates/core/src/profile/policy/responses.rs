//! The resolved table `[response]`.

use crate::http1::ResponseId;
use crate::profile::Response;
use std::sync::Arc;

/// The responses of a profile. Those that every profile has are known by their role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Responses {
    pub(in crate::profile) all: Arc<[Response]>,
    pub(in crate::profile) ok: ResponseId,
    pub(in crate::profile) partial: ResponseId,
    pub(in crate::profile) not_modified: ResponseId,
    pub(in crate::profile) precondition_failed: ResponseId,
    pub(in crate::profile) unsatisfiable: ResponseId,
}

impl Responses {
    /// The response with this number.
    pub fn get(&self, id: ResponseId) -> &Response {
        &self.all[id as usize]
    }

    /// All responses, those for single methods, too.
    pub fn all(&self) -> impl Iterator<Item = &Response> {
        self.all.iter()
    }

    /// The response that replaces `id` for `method`; `id` itself if none does.
    pub fn for_method(&self, id: ResponseId, method: &[u8]) -> &Response {
        let response = self.get(id);
        response
            .variants
            .iter()
            .find(|(name, _)| name == method)
            .map_or(response, |(_, variant)| self.get(*variant))
    }

    /// 200, the response with a whole file.
    pub fn ok(&self) -> ResponseId {
        self.ok
    }

    /// 206, the response with one or more ranges of a file.
    pub fn partial(&self) -> ResponseId {
        self.partial
    }

    /// 304, the response if the client already has the file.
    pub fn not_modified(&self) -> ResponseId {
        self.not_modified
    }

    /// 412, the response if a precondition fails.
    pub fn precondition_failed(&self) -> ResponseId {
        self.precondition_failed
    }

    /// 416, the response if no range can be satisfied.
    pub fn unsatisfiable(&self) -> ResponseId {
        self.unsatisfiable
    }

    /// All responses.
    pub fn iter(&self) -> impl Iterator<Item = &Response> {
        self.all.iter()
    }
}
