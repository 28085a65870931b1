//! Application data slots of an object (`CRYPTO_EX_DATA`), with libcrypto's indexes and callbacks.

use super::sys;
use parking_lot::Mutex;
use std::cell::UnsafeCell;
use std::ffi::{c_int, c_void};

/// The slots of one object. [`ExData::attach`] once the object has its address, [`ExData::detach`] before it dies.
pub struct ExData {
    class: c_int,
    /// Boxed because libcrypto keeps no copy but callbacks may ask for its address.
    data: Box<UnsafeCell<sys::CRYPTO_EX_DATA>>,
    /// Serialises writers: libcrypto leaves that to the program, Rust must not.
    lock: Mutex<bool>,
}

// SAFETY: what the slots hold belongs to the program, which shares it between threads as it likes; our own changes
// to the table are serialised by `lock`.
unsafe impl Send for ExData {}
// SAFETY: as above.
unsafe impl Sync for ExData {}

impl ExData {
    /// Slots of one of libcrypto's classes (`CRYPTO_EX_INDEX_SSL`, ...).
    pub fn new(class: c_int) -> Self {
        // SAFETY: an all-zero CRYPTO_EX_DATA is two null pointers, its state before `CRYPTO_new_ex_data`.
        let empty = unsafe { std::mem::zeroed() };
        Self { class, data: Box::new(UnsafeCell::new(empty)), lock: Mutex::new(false) }
    }

    /// Runs the `new` callbacks for `object`, the pointer that C knows it by.
    #[expect(clippy::not_unsafe_ptr_arg_deref, reason = "the pointer is only handed on, never followed here")]
    pub fn attach(&self, object: *mut c_void) -> bool {
        // SAFETY: the table is ours, and nobody else knows the object yet.
        let attached = unsafe { sys::CRYPTO_new_ex_data(self.class, object, self.data.get()) } == 1;
        *self.lock.lock() = attached;
        attached
    }

    /// Runs the `free` callbacks, once.
    #[expect(clippy::not_unsafe_ptr_arg_deref, reason = "the pointer is only handed on, never followed here")]
    pub fn detach(&self, object: *mut c_void) {
        if std::mem::take(&mut *self.lock.lock()) {
            // SAFETY: attached before, and not again after this.
            unsafe { sys::CRYPTO_free_ex_data(self.class, object, self.data.get()) };
        }
    }

    /// Copies all slots of `from`, through the `dup` callbacks.
    pub fn duplicate(&self, from: &Self) -> bool {
        // SAFETY: both tables are attached; the caller keeps both objects alive. Called without the lock, because the
        // callbacks may use the slots.
        unsafe { sys::CRYPTO_dup_ex_data(self.class, self.data.get(), from.data.get()) == 1 }
    }

    /// Sets a slot; the value stays the program's.
    #[expect(clippy::not_unsafe_ptr_arg_deref, reason = "the pointer is only handed on, never followed here")]
    pub fn set(&self, index: c_int, value: *mut c_void) -> bool {
        let _writer = self.lock.lock();
        // SAFETY: the table is attached and writers are serialised.
        unsafe { sys::CRYPTO_set_ex_data(self.data.get(), index, value) == 1 }
    }

    /// The value of a slot, null when it was never set.
    pub fn get(&self, index: c_int) -> *mut c_void {
        let _writer = self.lock.lock();
        // SAFETY: as in `set`.
        unsafe { sys::CRYPTO_get_ex_data(self.data.get(), index) }
    }
}
