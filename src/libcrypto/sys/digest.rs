//! objects.h and evp.h: digests by name.

use super::EVP_MD;
use std::ffi::{c_char, c_int};

unsafe extern "C" {
    pub fn OBJ_nid2sn(nid: c_int) -> *const c_char;
    pub fn OBJ_sn2nid(name: *const c_char) -> c_int;
    pub fn OBJ_ln2nid(name: *const c_char) -> c_int;
    pub fn OBJ_txt2nid(text: *const c_char) -> c_int;
    pub fn EVP_get_digestbyname(name: *const c_char) -> *const EVP_MD;
}
