//! Counts the allocations of selected threads, for the test that limits the allocations of a request.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

static COUNT: AtomicU64 = AtomicU64::new(0);
static LARGEST: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static COUNTS: Cell<bool> = const { Cell::new(false) };
}

/// Counts the allocations of this thread from now on.
pub(crate) fn count_this_thread() {
    COUNTS.set(true);
}

/// The number of allocations on the threads that count.
pub(crate) fn count() -> u64 {
    COUNT.load(Ordering::Relaxed)
}

/// The largest allocation on the threads that count since the last call, in bytes.
pub(crate) fn take_largest() -> usize {
    LARGEST.swap(0, Ordering::Relaxed)
}

struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

fn note(size: usize) {
    // A thread that is ending has destroyed its thread-local variables. It does not count.
    if COUNTS.try_with(Cell::get).unwrap_or(false) {
        COUNT.fetch_add(1, Ordering::Relaxed);
        LARGEST.fetch_max(size, Ordering::Relaxed);
    }
}

// SAFETY: every call is passed unchanged to the system allocator, and counting does not touch the memory.
#[allow(unsafe_code, reason = "an allocator cannot be written without")]
unsafe impl GlobalAlloc for Counting {
    // SAFETY: the requirements of GlobalAlloc are those of the allocator that is called.
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        // SAFETY: the caller fulfils the same requirements.
        unsafe { System.alloc(layout) }
    }

    // SAFETY: the requirements of GlobalAlloc are those of the allocator that is called.
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller fulfils the same requirements.
        unsafe { System.dealloc(pointer, layout) }
    }

    // SAFETY: the requirements of GlobalAlloc are those of the allocator that is called.
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(size);
        // SAFETY: the caller fulfils the same requirements.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
