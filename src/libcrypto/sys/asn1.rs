//! asn1t.h: how libcrypto is told of a structure that it shall read and write.

use std::ffi::{c_char, c_int, c_long, c_uchar, c_ulong, c_void};

/// `ASN1_ITYPE_SEQUENCE`.
pub const ASN1_ITYPE_SEQUENCE: c_char = 1;
/// `V_ASN1_SEQUENCE`.
pub const V_ASN1_SEQUENCE: c_long = 16;
/// `ASN1_TFLG_OPTIONAL`.
pub const ASN1_TFLG_OPTIONAL: c_ulong = 1;
/// `ASN1_TFLG_IMPLICIT`.
pub const ASN1_TFLG_IMPLICIT: c_ulong = 1 << 3 | 2 << 6;
/// `ASN1_TFLG_EXPLICIT`.
pub const ASN1_TFLG_EXPLICIT: c_ulong = 2 << 3 | 2 << 6;
/// `ASN1_TFLG_EMBED`.
pub const ASN1_TFLG_EMBED: c_ulong = 1 << 12;

/// A function that gives an item.
pub type ASN1_ITEM_EXP = unsafe extern "C" fn() -> *const ASN1_ITEM;

/// One field of a structure.
#[repr(C)]
pub struct ASN1_TEMPLATE {
    pub flags: c_ulong,
    pub tag: c_long,
    pub offset: c_ulong,
    pub field_name: *const c_char,
    pub item: ASN1_ITEM_EXP,
}

/// A structure.
#[repr(C)]
pub struct ASN1_ITEM {
    pub itype: c_char,
    pub utype: c_long,
    pub templates: *const ASN1_TEMPLATE,
    pub tcount: c_long,
    pub funcs: *const c_void,
    pub size: c_long,
    pub sname: *const c_char,
}

unsafe extern "C" {
    pub fn ASN1_OCTET_STRING_it() -> *const ASN1_ITEM;
    pub fn X509_it() -> *const ASN1_ITEM;
    pub fn INT32_it() -> *const ASN1_ITEM;
    pub fn UINT32_it() -> *const ASN1_ITEM;
    pub fn ZINT32_it() -> *const ASN1_ITEM;
    pub fn ZINT64_it() -> *const ASN1_ITEM;
    pub fn ZUINT32_it() -> *const ASN1_ITEM;
    pub fn ZUINT64_it() -> *const ASN1_ITEM;
    pub fn ASN1_item_d2i(
        value: *mut *mut c_void,
        data: *mut *const c_uchar,
        len: c_long,
        item: *const ASN1_ITEM,
    ) -> *mut c_void;
    pub fn ASN1_item_i2d(value: *const c_void, out: *mut *mut c_uchar, item: *const ASN1_ITEM) -> c_int;
    pub fn ASN1_item_free(value: *mut c_void, item: *const ASN1_ITEM);
}
