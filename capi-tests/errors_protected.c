/*
 * What a peer can do wrong inside protected records: the test derives the connection's keys and seals records by hand. Printed
 * are the calls, the state, and the alert as the side sees it that should have sent the records.
 */
#include "call.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

/* ---- keys ---- */

struct keys {
    unsigned char key[16], iv[12];
    uint64_t seq;
    int tls13;
};

static unsigned char client_secret[32], server_secret[32];

static void from_hex(unsigned char *out, const char *hex, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned byte = 0;

        if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
            check_give_up("key log");
        out[i] = (unsigned char)byte;
    }
}

/* Takes the secrets of the application data out of a key log line. */
static void keylog(const SSL *ssl, const char *line)
{
    const char *last = strrchr(line, ' ');

    (void)ssl;
    if (strncmp(line, "CLIENT_TRAFFIC_SECRET_0 ", 24) == 0)
        from_hex(client_secret, last + 1, 32);
    else if (strncmp(line, "SERVER_TRAFFIC_SECRET_0 ", 24) == 0)
        from_hex(server_secret, last + 1, 32);
}

/* HKDF-Expand-Label of one block, without a context (RFC 8446, section 7.1). */
static void expand_label(const unsigned char *secret, const char *label, unsigned char *out, size_t len)
{
    unsigned char info[64], block[32];
    size_t label_len = strlen(label), at = 0;

    info[at++] = 0;
    info[at++] = (unsigned char)len;
    info[at++] = (unsigned char)(6 + label_len);
    memcpy(info + at, "tls13 ", 6);
    memcpy(info + at + 6, label, label_len);
    at += 6 + label_len;
    info[at++] = 0;
    info[at++] = 1;
    HMAC(EVP_sha256(), secret, 32, info, at, block, NULL);
    memcpy(out, block, len);
}

/* TLS 1.2's PRF with SHA-256 (RFC 5246, section 5). */
static void prf(const unsigned char *secret, size_t secret_len, const unsigned char *seed, size_t seed_len, unsigned char *out, size_t len)
{
    unsigned char a[32], input[32 + 128], block[32];

    HMAC(EVP_sha256(), secret, (int)secret_len, seed, seed_len, a, NULL);
    for (size_t at = 0; at < len; at += 32) {
        memcpy(input, a, 32);
        memcpy(input + 32, seed, seed_len);
        HMAC(EVP_sha256(), secret, (int)secret_len, input, 32 + seed_len, block, NULL);
        memcpy(out + at, block, len - at < 32 ? len - at : 32);
        HMAC(EVP_sha256(), secret, (int)secret_len, a, 32, a, NULL);
    }
}

/* The keys that `ssl` (either side) and its peer use for what the server, or the client, sends next. */
static struct keys keys_of(SSL *ssl, int of_server)
{
    struct keys keys = { .tls13 = SSL_version(ssl) == TLS1_3_VERSION };
    unsigned char master[48], seed[13 + 64], block[2 * 16 + 2 * 4];

    if (keys.tls13) {
        expand_label(of_server ? server_secret : client_secret, "key", keys.key, 16);
        expand_label(of_server ? server_secret : client_secret, "iv", keys.iv, 12);
        return keys;
    }
    SSL_SESSION_get_master_key(SSL_get_session(ssl), master, sizeof master);
    memcpy(seed, "key expansion", 13);
    SSL_get_server_random(ssl, seed + 13, 32);
    SSL_get_client_random(ssl, seed + 45, 32);
    prf(master, sizeof master, seed, sizeof seed, block, sizeof block);
    memcpy(keys.key, block + (of_server ? 16 : 0), 16);
    memcpy(keys.iv, block + 32 + (of_server ? 4 : 0), 4);
    /* Finished was the first record */
    keys.seq = 1;
    return keys;
}

/* Seals a record; its length. */
static int seal(struct keys *keys, int type, const void *data, size_t len, unsigned char *out)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    unsigned char nonce[12], aad[13], seq[8], inner[1] = { (unsigned char)type };
    size_t body = keys->tls13 ? len + 1 + 16 : 8 + len + 16;
    unsigned char *at = out + 5;
    int n, aad_len;

    for (int i = 0; i < 8; i++)
        seq[i] = (unsigned char)(keys->seq >> (56 - 8 * i));
    keys->seq++;
    out[0] = keys->tls13 ? SSL3_RT_APPLICATION_DATA : (unsigned char)type;
    out[1] = out[2] = 3;
    out[3] = (unsigned char)(body >> 8);
    out[4] = (unsigned char)body;
    memcpy(nonce, keys->iv, 12);
    if (keys->tls13) {
        for (int i = 0; i < 8; i++)
            nonce[4 + i] ^= seq[i];
        memcpy(aad, out, 5);
        aad_len = 5;
    } else {
        memcpy(nonce + 4, seq, 8);
        memcpy(at, seq, 8);
        at += 8;
        memcpy(aad, seq, 8);
        memcpy(aad + 8, out, 3);
        aad[11] = (unsigned char)(len >> 8);
        aad[12] = (unsigned char)len;
        aad_len = 13;
    }
    EVP_EncryptInit_ex(ctx, EVP_aes_128_gcm(), NULL, keys->key, nonce);
    EVP_EncryptUpdate(ctx, NULL, &n, aad, aad_len);
    EVP_EncryptUpdate(ctx, at, &n, data, (int)len);
    at += n;
    if (keys->tls13) {
        EVP_EncryptUpdate(ctx, at, &n, inner, 1);
        at += n;
    }
    EVP_EncryptFinal_ex(ctx, at, &n);
    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, at);
    EVP_CIPHER_CTX_free(ctx);
    return (int)(5 + body);
}

/* ---- connections ---- */

static struct contexts ctx;
static SSL *client, *server;

static void open_pair(int version)
{
    ctx = contexts_new("ecdsa", version);
    SSL_CTX_set_ciphersuites(ctx.client, "TLS_AES_128_GCM_SHA256");
    SSL_CTX_set_cipher_list(ctx.client, "ECDHE-ECDSA-AES128-GCM-SHA256");
    SSL_CTX_set_keylog_callback(ctx.client, keylog);
    SSL_CTX_set_num_tickets(ctx.server, 0);
    SSL_CTX_set_options(ctx.server, SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_options(ctx.client, SSL_OP_NO_RENEGOTIATION);
    pair_new_over(&client, &server, ctx.client, ctx.server, PAIR_MEM);
    pair_connect(client, server);
}

static void close_pair(void)
{
    pair_free(client, server);
    contexts_free(&ctx);
}

static void info(const SSL *ssl, int where, int value)
{
    if ((where & SSL_CB_ALERT) != 0)
        printf("  %s %s alert %d %d\n", ssl == client ? "client" : "server", where & SSL_CB_READ ? "gets" : "sends", value >> 8, value & 0xff);
}

/* One record, or several: each a type and a content; a type of 0 ends the list. */
struct sealed {
    int type;
    const char *text;
    size_t len;
};

struct sequence {
    const char *name;
    struct sealed records[6];
};

#define RECORD(type, literal) { type, literal, sizeof(literal) - 1 }
#define ALERT(literal) RECORD(SSL3_RT_ALERT, literal)
#define HANDSHAKE(literal) RECORD(SSL3_RT_HANDSHAKE, literal)
#define DATA(literal) RECORD(SSL3_RT_APPLICATION_DATA, literal)

static void feed(SSL *to, struct keys *keys, const struct sealed *records)
{
    static unsigned char out[20000];

    for (; records->type != 0; records++) {
        /* a NUL type has the number 256 here */
        int len = seal(keys, records->type & 0xff, records->text, records->len, out);

        if (BIO_write(SSL_get_rbio(to), out, len) != len)
            check_give_up("feed");
    }
}

static void try_sequence(int version, int to_server, const struct sequence *sequence)
{
    struct keys keys;
    char buf[64];
    SSL *to, *from;

    printf("-- %s\n", sequence->name);
    open_pair(version);
    to = to_server ? server : client;
    from = to_server ? client : server;
    SSL_set_info_callback(to, info);
    keys = keys_of(client, !to_server);
    feed(to, &keys, sequence->records);
    for (int i = 0; i < 4; i++)
        CALL_AS("SSL_read", to, SSL_read(to, buf, sizeof buf));
    printf("  state %s, shutdown %d\n", SSL_state_string_long(to), SSL_get_shutdown(to));
    /* what is left of a record that has ended the connection is of no use to anybody */
    if (SSL_is_init_finished(to) && SSL_get_shutdown(to) == 0)
        printf("  pending %d, has_pending %d\n", SSL_pending(to), SSL_has_pending(to));
    CALL_AS("SSL_write", to, SSL_write(to, "x", 1));
    CALL_AS("the other side", from, SSL_read(from, buf, sizeof buf));
    CALL_AS("SSL_shutdown", to, SSL_shutdown(to));
    close_pair();
}

static const struct sequence in_both[] = {
    { "data", { DATA("data") } },
    { "no data, then data", { DATA(""), DATA(""), DATA("data") } },
    { "close_notify", { ALERT("\x01\x00") } },
    { "close_notify, then data", { ALERT("\x01\x00"), DATA("late") } },
    { "data, then close_notify", { DATA("data"), ALERT("\x01\x00") } },
    { "fatal close_notify", { ALERT("\x02\x00") } },
    { "close_notify of level 3", { ALERT("\x03\x00") } },
    { "fatal handshake_failure", { ALERT("\x02\x28") } },
    { "fatal internal_error, then data", { ALERT("\x02\x50"), DATA("late") } },
    { "warning handshake_failure", { ALERT("\x01\x28"), DATA("data") } },
    { "warning user_canceled", { ALERT("\x01\x5a"), DATA("data") } },
    { "warning user_canceled, then close_notify", { ALERT("\x01\x5a"), ALERT("\x01\x00") } },
    { "fatal user_canceled", { ALERT("\x02\x5a"), DATA("data") } },
    { "warning no_renegotiation", { ALERT("\x01\x64"), DATA("data") } },
    { "five warnings", { ALERT("\x01\x5a"), ALERT("\x01\x5a"), ALERT("\x01\x5a"), ALERT("\x01\x5a"), ALERT("\x01\x5a") } },
    { "four warnings, data", { ALERT("\x01\x5a"), ALERT("\x01\x5a"), ALERT("\x01\x5a"), ALERT("\x01\x5a"), DATA("data") } },
    { "alert of level 3", { ALERT("\x03\x28") } },
    { "alert of no bytes", { ALERT("") } },
    { "alert of one byte", { ALERT("\x02") } },
    { "alert of three bytes", { ALERT("\x02\x28\x00") } },
    { "two alerts in a record", { ALERT("\x01\x5a\x01\x00") } },
    { "unknown record type", { RECORD(99, "text") } },
    { "unknown message", { HANDSHAKE("\x63\x00\x00\x00") } },
    { "Certificate", { HANDSHAKE("\x0b\x00\x00\x00") } },
    { "Finished", { HANDSHAKE("\x14\x00\x00\x01" "f") } },
    { "ServerHello", { HANDSHAKE("\x02\x00\x00\x02\x03\x03") } },
    { "half a message, then data", { HANDSHAKE("\x63\x00"), DATA("data") } },
    { "message of 16 MiB", { HANDSHAKE("\x04\xff\xff\xff") } },
    { "change_cipher_spec", { RECORD(SSL3_RT_CHANGE_CIPHER_SPEC, "\x01") } },
    { .name = NULL },
};

static const struct sequence in_13[] = {
    { "key update", { HANDSHAKE("\x18\x00\x00\x01\x02") } },
    { "key update without a body", { HANDSHAKE("\x18\x00\x00\x00") } },
    { "key update of two bytes", { HANDSHAKE("\x18\x00\x00\x02\x00\x00") } },
    { "key update with more behind it", { HANDSHAKE("\x18\x00\x00\x01\x00\x18\x00\x00\x01\x00") } },
    { "ticket without a body", { HANDSHAKE("\x04\x00\x00\x00") } },
    { "ticket cut short", { HANDSHAKE("\x04\x00\x00\x09\x00\x00\x00\x01\x00\x00\x00\x01\x01") } },
    { "no handshake bytes", { HANDSHAKE("") } },
    { "record of zeros", { RECORD(256, "\0\0\0\0") } },
    { "client asked for a certificate", { HANDSHAKE("\x0d\x00\x00\x03\x00\x00\x00") } },
    { "HelloRequest", { HANDSHAKE("\x00\x00\x00\x00") } },
    { "EncryptedExtensions", { HANDSHAKE("\x08\x00\x00\x02\x00\x00") } },
    { .name = NULL },
};

static const struct sequence in_12[] = {
    { "no handshake bytes, then data", { HANDSHAKE(""), DATA("data") } },
    { "ticket", { HANDSHAKE("\x04\x00\x00\x06\x00\x00\x00\x00\x00\x00") } },
    { .name = NULL },
};

static void try_all(int version)
{
    const struct sequence *own = version == TLS1_3_VERSION ? in_13 : in_12;

    for (int to_server = 0; to_server < 2; to_server++) {
        printf("== to the %s, TLS 1.%d\n", to_server ? "server" : "client", version - TLS1_VERSION);
        for (const struct sequence *sequence = in_both; sequence->name != NULL; sequence++)
            try_sequence(version, to_server, sequence);
        for (const struct sequence *sequence = own; sequence->name != NULL; sequence++)
            try_sequence(version, to_server, sequence);
    }
}

/* ---- lengths ---- */

static void try_length(int version, size_t len)
{
    static char data[17000];
    struct sequence sequence = { "", { { SSL3_RT_APPLICATION_DATA, data, len } } };
    struct keys keys;
    char buf[64];
    int n;

    printf("-- %zu bytes\n", len);
    open_pair(version);
    keys = keys_of(client, 1);
    feed(client, &keys, sequence.records);
    ERR_clear_error();
    n = SSL_read(client, buf, sizeof buf);
    call_show("SSL_read", client, n);
    printf("pending %d\n", SSL_pending(client));
    CALL_AS("the other side", server, SSL_read(server, buf, sizeof buf));
    close_pair();
}

static void lengths(int version)
{
    const size_t lengths[] = { 16383, 16384, 16385, 16600, 16640, 16680 };

    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        try_length(version, lengths[i]);
}

/* Records without data do not go on for ever. */
static void many_empty(int version)
{
    const struct sealed empty[] = { DATA(""), { 0, NULL, 0 } };
    struct keys keys;
    char buf[64];

    open_pair(version);
    keys = keys_of(client, 1);
    for (int i = 0; i < 40; i++)
        feed(client, &keys, empty);
    CALL_AS("SSL_read", client, SSL_read(client, buf, sizeof buf));
    CALL_AS("the other side", server, SSL_read(server, buf, sizeof buf));
    close_pair();
}

/* What comes after our own goodbye. */
static void after_goodbye(int version, const struct sequence *sequence)
{
    struct keys keys;
    char buf[64];

    printf("-- %s\n", sequence->name);
    open_pair(version);
    SSL_set_info_callback(client, info);
    keys = keys_of(client, 1);
    CALL(client, SSL_shutdown(client));
    feed(client, &keys, sequence->records);
    CALL(client, SSL_shutdown(client));
    CALL(client, SSL_shutdown(client));
    printf("  state %s, shutdown %d\n", SSL_state_string_long(client), SSL_get_shutdown(client));
    CALL_AS("SSL_read", client, SSL_read(client, buf, sizeof buf));
    CALL_AS("the other side", server, SSL_read(server, buf, sizeof buf));
    CALL_AS("the other side", server, SSL_read(server, buf, sizeof buf));
    close_pair();
}

static void after_goodbyes(int version)
{
    static const struct sequence sequences[] = {
        { "close_notify", { ALERT("\x01\x00") } },
        { "fatal alert", { ALERT("\x02\x50") } },
        { "warning", { ALERT("\x01\x5a"), ALERT("\x01\x00") } },
        { "data", { DATA("data"), ALERT("\x01\x00") } },
        { "no data", { DATA(""), ALERT("\x01\x00") } },
        { "unknown type", { RECORD(99, "text") } },
        { "Certificate", { HANDSHAKE("\x0b\x00\x00\x00"), ALERT("\x01\x00") } },
        { .name = NULL },
    };

    for (const struct sequence *sequence = sequences; sequence->name != NULL; sequence++)
        after_goodbye(version, sequence);
}

int main(void)
{
    try_all(TLS1_2_VERSION);
    try_all(TLS1_3_VERSION);
    in_both_versions("lengths", lengths);
    in_both_versions("many records without data", many_empty);
    in_both_versions("after our goodbye", after_goodbyes);
    return 0;
}
