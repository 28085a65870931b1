/*
 * SSL_set_session(3), SSL_get_session(3), SSL_copy_session_id(3), SSL_session_reused(3), SSL_SESSION_set_ex_data(3): sessions
 * set at odd times, changed, out of date, of another kind, and shared.
 */
#include "call.h"

static struct contexts both;
static int version;

static void start(int limit)
{
    version = limit;
    both = contexts_new("rsa", limit);
    if (SSL_CTX_set_session_id_context(both.server, (const unsigned char *)"use", 3) != 1)
        check_give_up("SSL_CTX_set_session_id_context");
}

static void end(void)
{
    contexts_free(&both);
}

/* What the client holds after a clean connection with the session that it offered, if any. */
static SSL_SESSION *connect_with(const char *label, SSL_SESSION *session)
{
    SSL *client, *server;
    SSL_SESSION *held = NULL;
    struct pair_result result;

    pair_new(&client, &server, both.client, both.server);
    if (session != NULL && SSL_set_session(client, session) != 1)
        check_give_up("SSL_set_session");
    result = pair_handshake(client, server);
    if (result.ok)
        pair_transfer(server, client, "hello", 5);
    if (label != NULL) {
        if (!result.ok)
            pair_show(label, &result);
        printf("%s: reused %d %d, %s, verify result %ld\n", label, SSL_session_reused(client), SSL_session_reused(server),
               SSL_get_cipher_name(client), SSL_get_verify_result(client));
        if (session != NULL)
            printf("  same object %d, offered one resumable %d\n", SSL_get_session(client) == session, SSL_SESSION_is_resumable(session));
    }
    held = SSL_get1_session(client);
    SSL_shutdown(client);
    SSL_shutdown(server);
    pair_free(client, server);
    return held;
}

static void offer(const char *label, SSL_SESSION *session)
{
    SSL_SESSION_free(connect_with(label, session));
}

/* A session of a connection of its own. */
static SSL_SESSION *new_session(void)
{
    SSL_SESSION *session = connect_with(NULL, NULL);

    if (session == NULL || !SSL_SESSION_is_resumable(session))
        check_give_up("no session");
    return session;
}

static void changed_key(int limit)
{
    SSL_SESSION *session;
    unsigned char key[64];
    size_t len;

    start(limit);
    session = new_session();
    len = SSL_SESSION_get_master_key(session, key, sizeof key);
    key[7] ^= 1;
    SHOW(SSL_SESSION_set1_master_key(session, key, len));
    offer("another key", session);
    SSL_SESSION_free(session);
    if (limit == TLS1_3_VERSION) {
        session = new_session();
        SHOW(SSL_SESSION_set1_master_key(session, key, len - 1));
        offer("a key cut short", session);
        SSL_SESSION_free(session);
    }
    end();
}

static void changed_version(int limit)
{
    SSL_SESSION *session;

    start(limit);
    session = new_session();
    SHOW(SSL_SESSION_set_protocol_version(session, limit == TLS1_2_VERSION ? TLS1_3_VERSION : TLS1_2_VERSION));
    offer("the other version", session);
    SHOW(SSL_SESSION_set_protocol_version(session, TLS1_1_VERSION));
    offer("TLS 1.1", session);
    SHOW(SSL_SESSION_set_protocol_version(session, 0));
    offer("no version", session);
    SHOW(SSL_SESSION_set_protocol_version(session, limit));
    offer("the right one again", session);
    SSL_SESSION_free(session);
    end();
}

static void changed_cipher(int limit)
{
    static const unsigned char suites12[][2] = { { 0xc0, 0x30 }, { 0xcc, 0xa8 }, { 0xc0, 0x2b } };
    static const unsigned char suites13[][2] = { { 0x13, 0x01 }, { 0x13, 0x02 }, { 0x13, 0x03 } };
    SSL_SESSION *session;
    SSL *ssl;

    start(limit);
    SSL_CTX_set_cipher_list(both.client, "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES256-GCM-SHA384");
    SSL_CTX_set_ciphersuites(both.client, "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384");
    ssl = SSL_new(both.client);
    for (int i = 0; i < 3; i++) {
        const unsigned char *suite = limit == TLS1_2_VERSION ? suites12[i] : suites13[i];
        char label[40];

        session = new_session();
        snprintf(label, sizeof label, "the session says %02x%02x", suite[0], suite[1]);
        SHOW(SSL_SESSION_set_cipher(session, SSL_CIPHER_find(ssl, suite)));
        offer(label, session);
        SSL_SESSION_free(session);
    }
    session = new_session();
    SHOW(SSL_SESSION_set_cipher(session, NULL));
    SHOW_PTR(SSL_SESSION_get0_cipher(session));
    SSL_SESSION_free(session);
    SSL_free(ssl);

    session = new_session();
    SSL_CTX_set_cipher_list(both.client, "ECDHE-RSA-CHACHA20-POLY1305");
    SSL_CTX_set_ciphersuites(both.client, "TLS_CHACHA20_POLY1305_SHA256");
    offer("the client has only another suite now", session);
    SSL_CTX_set_cipher_list(both.client, "ECDHE-RSA-AES256-GCM-SHA384");
    SSL_CTX_set_ciphersuites(both.client, "TLS_AES_256_GCM_SHA384");
    offer("of another hash", session);
    SSL_SESSION_free(session);
    end();
}

static void out_of_date(int limit)
{
    static const struct {
        const char *label;
        long time, timeout;
    } ages[] = {
        /* relative to now */
        { "an hour old", -3600, 7200 }, { "too old by its own timeout", -100, 50 }, { "older than the ticket's lifetime", -7300, 100000 },
        { "from the future", 1000, 7200 }, { "a timeout of nothing", 0, 0 },
    };

    start(limit);
    for (size_t i = 0; i < sizeof ages / sizeof *ages; i++) {
        SSL_SESSION *session = new_session();

        SSL_SESSION_set_time(session, SSL_SESSION_get_time(session) + ages[i].time);
        SHOW(SSL_SESSION_set_timeout(session, ages[i].timeout));
        offer(ages[i].label, session);
        SSL_SESSION_free(session);
    }
    end();
}

static void another_name(int limit)
{
    SSL *client, *server;
    SSL_SESSION *session;

    start(limit);
    session = new_session();
    pair_new(&client, &server, both.client, both.server);
    SHOW(SSL_set_tlsext_host_name(client, "elsewhere.example"));
    SHOW(SSL_set1_host(client, "elsewhere.example"));
    SHOW(SSL_set_session(client, session));
    {
        struct pair_result result = pair_handshake(client, server);

        pair_show("another name", &result);
    }
    SHOW(SSL_session_reused(client));
    SHOW_STR(SSL_get_servername(server, TLSEXT_NAMETYPE_host_name));
    SHOW_STR(SSL_get_servername(client, TLSEXT_NAMETYPE_host_name));
    pair_free(client, server);
    SSL_SESSION_free(session);
    end();
}

/* SSL_set_session before the side is chosen, on a server, in the middle, and afterwards. */
static void odd_times(int limit)
{
    SSL *client, *server;
    SSL_SESSION *session;

    start(limit);
    session = new_session();
    client = SSL_new(both.client);
    SHOW(SSL_session_reused(client));
    SHOW_PTR(SSL_get_session(client));
    SHOW_PTR(SSL_get1_session(client));
    SHOW(SSL_set_session(client, session));
    SHOW(SSL_session_reused(client));
    SHOW(SSL_get_session(client) == session);
    SSL_free(client);

    pair_new(&client, &server, both.client, both.server);
    SHOW(SSL_set_session(server, session));
    pair_connect(client, server);
    SHOW(SSL_session_reused(server));
    SHOW(SSL_get_session(server) == session);
    pair_free(client, server);

    pair_new(&client, &server, both.client, both.server);
    CALL(client, SSL_do_handshake(client));
    SHOW_PTR(SSL_get_session(client));
    SHOW(SSL_session_reused(client));
    SHOW_PTR(SSL_get_session(server));
    pair_connect(client, server);
    SHOW(SSL_session_reused(client));
    CHECK(pair_transfer(server, client, "hello", 5));
    SHOW(SSL_set_session(client, session));
    SHOW(SSL_get_session(client) == session);
    SHOW(SSL_session_reused(client));
    /* the reference forgets the connection here, where its method has changed with the version */
    SHOW(SSL_set_session(client, NULL));
    SHOW_PTR(SSL_get_session(client));
    SSL_shutdown(client);
    SSL_shutdown(server);
    pair_free(client, server);
    SHOW(SSL_SESSION_is_resumable(session));
    offer("what was set on an open connection", session);
    SSL_SESSION_free(session);
    end();
}

/* Several connections at once with one session, and one that is cut. */
static void shared(int limit)
{
    SSL *clients[3], *servers[3];
    SSL_SESSION *session;

    start(limit);
    session = new_session();
    for (int i = 0; i < 3; i++) {
        pair_new(&clients[i], &servers[i], both.client, both.server);
        SHOW(SSL_set_session(clients[i], session));
        SSL_do_handshake(clients[i]);
        ERR_clear_error();
    }
    for (int i = 2; i >= 0; i--) {
        pair_connect(clients[i], servers[i]);
        CHECK(pair_transfer(servers[i], clients[i], "hello", 5));
        printf("%d: reused %d %d, same object %d\n", i, SSL_session_reused(clients[i]), SSL_session_reused(servers[i]), SSL_get_session(clients[i]) == session);
    }
    /* the first one is cut, the others end well */
    pair_free(clients[0], servers[0]);
    SHOW(SSL_SESSION_is_resumable(session));
    for (int i = 1; i < 3; i++) {
        SSL_shutdown(clients[i]);
        SSL_shutdown(servers[i]);
        pair_free(clients[i], servers[i]);
    }
    SHOW(SSL_SESSION_is_resumable(session));
    offer("once more", session);
    SSL_SESSION_free(session);
    end();
}

static void copied(int limit)
{
    SSL *client, *server, *other;
    unsigned int len;
    SSL_SESSION *session;

    start(limit);
    session = new_session();
    client = SSL_new(both.client);
    other = SSL_new(both.client);
    SHOW(SSL_copy_session_id(other, client));
    SHOW_PTR(SSL_get_session(other));
    SHOW(SSL_set_session(other, session));
    SHOW(SSL_copy_session_id(other, client));
    SHOW_PTR(SSL_get_session(other));
    SHOW(SSL_set_session(other, session));
    SHOW(SSL_copy_session_id(other, other));
    SHOW(SSL_get_session(other) == session);
    SHOW(SSL_set_session_id_context(other, (const unsigned char *)"copied", 6));
    SHOW(SSL_copy_session_id(client, other));
    SHOW(SSL_get_session(client) == session);
    SSL_free(client);
    SSL_free(other);
    SSL_SESSION_free(session);

    SECTION("from an open connection");
    pair_new(&client, &server, both.client, both.server);
    pair_connect(client, server);
    CHECK(pair_transfer(server, client, "hello", 5));
    other = SSL_new(both.client);
    SHOW(SSL_copy_session_id(other, client));
    SHOW(SSL_get_session(other) == SSL_get_session(client));
    SSL_SESSION_get0_id_context(SSL_get_session(server), &len);
    SHOW(len);
    SSL_shutdown(client);
    SSL_shutdown(server);
    pair_free(client, server);
    server = SSL_new(both.server);
    pair_join(other, server, PAIR_BIO);
    SSL_set_connect_state(other);
    SSL_set_accept_state(server);
    pair_connect(other, server);
    SHOW(SSL_session_reused(other));
    pair_free(other, server);
    SHOW_ERR();
    end();
}

/* One SSL for several connections: SSL_clear keeps the session of a connection that ended well. */
static void cleared(int limit)
{
    SSL *client, *server;

    start(limit);
    pair_new(&client, &server, both.client, both.server);
    for (int round = 0; round < 3; round++) {
        pair_connect(client, server);
        CHECK(pair_transfer(server, client, "hello", 5));
        printf("round %d: reused %d %d\n", round, SSL_session_reused(client), SSL_session_reused(server));
        SSL_shutdown(client);
        SSL_shutdown(server);
        SSL_shutdown(client);
        SSL_free(server);
        SHOW(SSL_clear(client));
        SHOW(SSL_session_reused(client));
        SHOW_PTR(SSL_get_session(client));
        server = SSL_new(both.server);
        pair_join(client, server, PAIR_BIO);
        SSL_set_accept_state(server);
    }
    SECTION("after one that was cut");
    pair_connect(client, server);
    CHECK(pair_transfer(server, client, "hello", 5));
    SHOW(SSL_clear(client));
    SHOW_PTR(SSL_get_session(client));
    pair_free(client, server);
    SHOW_ERR();
    end();
}

/* What a server says of its session, and what becomes of sessions that are taken out of a cache while they are in use. */
static void removed_in_use(int limit)
{
    SSL *client, *server;
    SSL_SESSION *session, *held;

    start(limit);
    SSL_CTX_set_session_cache_mode(both.client, SSL_SESS_CACHE_BOTH);
    pair_new(&client, &server, both.client, both.server);
    pair_connect(client, server);
    CHECK(pair_transfer(server, client, "hello", 5));
    session = SSL_get1_session(client);
    held = SSL_get1_session(server);
    SHOW(SSL_CTX_sess_number(both.client));
    SHOW(SSL_CTX_remove_session(both.client, session));
    SHOW(SSL_CTX_remove_session(both.client, session));
    SHOW(SSL_SESSION_is_resumable(session));
    SHOW(SSL_SESSION_is_resumable(held));
    SHOW(SSL_CTX_add_session(both.client, session));
    SHOW(SSL_CTX_sess_number(both.client));
    SHOW(SSL_SESSION_is_resumable(session));
    SSL_CTX_flush_sessions(both.client, 0);
    SHOW(SSL_CTX_sess_number(both.client));
    CHECK(pair_transfer(server, client, "hello", 5));
    SSL_shutdown(client);
    SSL_shutdown(server);
    pair_free(client, server);
    offer("what was removed", session);
    SSL_SESSION_free(session);
    SSL_SESSION_free(held);
    SHOW(SSL_CTX_sess_number(both.client));
    SHOW_ERR();
    end();
}

static int watching, made, doubled, freed;

static void on_new(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
    (void)ad, (void)idx;
    made++;
    if (watching)
        CHECK(parent != NULL && ptr == NULL && argl == 7 && strcmp(argp, "argument") == 0);
}

static int on_dup(CRYPTO_EX_DATA *to, const CRYPTO_EX_DATA *from, void **from_d, int idx, long argl, void *argp)
{
    (void)to, (void)from, (void)idx;
    doubled++;
    if (watching)
        CHECK(argl == 7 && strcmp(argp, "argument") == 0);
    if (*from_d != NULL)
        *from_d = "a copy";
    return 1;
}

static void on_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
    (void)ad, (void)idx;
    freed++;
    if (watching) {
        CHECK(parent != NULL && argl == 7 && strcmp(argp, "argument") == 0);
        SHOW_STR(ptr);
    }
}

static void application_data(void)
{
    int index = SSL_SESSION_get_ex_new_index(7, "argument", on_new, on_dup, on_free), plain;
    SSL_SESSION *session, *copy;
    SSL *client, *server;

    SECTION("application data");
    plain = SSL_SESSION_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    watching = 1;
    CHECK(index > 0 && plain > index);
    session = SSL_SESSION_new();
    SHOW(made);
    SHOW_STR(SSL_SESSION_get_ex_data(session, index));
    SHOW(SSL_SESSION_set_ex_data(session, index, "set"));
    SHOW(SSL_SESSION_set_ex_data(session, plain, "plain"));
    SHOW_STR(SSL_SESSION_get_ex_data(session, index));
    SHOW_STR(SSL_SESSION_get_app_data(session));
    SHOW(SSL_SESSION_set_app_data(session, "application"));
    SHOW_STR(SSL_SESSION_get_app_data(session));
    SHOW_STR(SSL_SESSION_get_ex_data(session, 1000));
    SHOW(SSL_SESSION_set_ex_data(session, 300, "far"));
    SHOW_STR(SSL_SESSION_get_ex_data(session, 300));
    copy = SSL_SESSION_dup(session);
    printf("made %d doubled %d freed %d\n", made, doubled, freed);
    SHOW_STR(SSL_SESSION_get_ex_data(copy, index));
    SHOW_STR(SSL_SESSION_get_ex_data(copy, plain));
    SHOW_STR(SSL_SESSION_get_app_data(copy));
    SHOW_STR(SSL_SESSION_get_ex_data(session, index));
    SSL_SESSION_free(session);
    SSL_SESSION_free(copy);
    printf("made %d doubled %d freed %d\n", made, doubled, freed);
    SHOW_ERR();
    watching = 0;

    for (int limit = TLS1_2_VERSION; limit <= TLS1_3_VERSION; limit++) {
        printf("== on a session of a connection, version %x\n", limit);
        start(limit);
        made = doubled = freed = 0;
        pair_new(&client, &server, both.client, both.server);
        pair_connect(client, server);
        SHOW(SSL_SESSION_set_ex_data(SSL_get_session(client), index, "of the client"));
        SHOW(SSL_SESSION_set_ex_data(SSL_get_session(server), index, "of the server"));
        CHECK(pair_transfer(server, client, "hello", 5));
        SHOW_STR(SSL_SESSION_get_ex_data(SSL_get_session(client), index));
        SHOW_STR(SSL_SESSION_get_ex_data(SSL_get_session(server), index));
        SSL_shutdown(client);
        SSL_shutdown(server);
        session = SSL_get1_session(client);
        pair_free(client, server);
        SHOW(freed > 0);
        SHOW(SSL_SESSION_set_ex_data(session, index, "kept"));
        SSL_SESSION_free(session);
        end();
        CHECK(made == freed - doubled || made == freed);
    }
}

int main(void)
{
    OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, NULL);
    application_data();
    in_both_versions("a changed key", changed_key);
    in_both_versions("a changed version", changed_version);
    in_both_versions("a changed cipher", changed_cipher);
    in_both_versions("out of date", out_of_date);
    in_both_versions("another name", another_name);
    in_both_versions("odd times", odd_times);
    in_both_versions("shared", shared);
    in_both_versions("copied", copied);
    in_both_versions("cleared", cleared);
    in_both_versions("removed in use", removed_in_use);
    return 0;
}
