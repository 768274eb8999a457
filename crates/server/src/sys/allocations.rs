//! Counts the allocations of chosen threads, for the test that holds the way of a request to a number of them.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

static COUNT: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static COUNTS: Cell<bool> = const { Cell::new(false) };
}

/// Counts the allocations of this thread from now on.
pub(crate) fn count_this_thread() {
    COUNTS.set(true);
}

/// How many allocations there have been on the threads that count.
pub(crate) fn count() -> u64 {
    COUNT.load(Ordering::Relaxed)
}

struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

fn note() {
    // A thread that ends has given up its own variables already; it is none that counts.
    if COUNTS.try_with(Cell::get).unwrap_or(false) {
        COUNT.fetch_add(1, Ordering::Relaxed);
    }
}

// SAFETY: every call goes to the system's allocator as it came; counting touches none of the memory.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    // SAFETY: what GlobalAlloc asks of this is what it asks of the one that is called.
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note();
        // SAFETY: the caller's promises are handed on.
        unsafe { System.alloc(layout) }
    }

    // SAFETY: what GlobalAlloc asks of this is what it asks of the one that is called.
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are handed on.
        unsafe { System.dealloc(pointer, layout) }
    }

    // SAFETY: what GlobalAlloc asks of this is what it asks of the one that is called.
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note();
        // SAFETY: the caller's promises are handed on.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
