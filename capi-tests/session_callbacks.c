/*
 * SSL_CTX_sess_set_get_cb(3), SSL_CTX_set_generate_session_id(3), SSL_CTX_set_not_resumable_session_callback,
 * SSL_CTX_set_session_id_context(3): what callbacks are asked, in which order, what they see, and what comes of their answers.
 */
#include "call.h"

static struct contexts both;
static SSL_SESSION *given;
static int keep, copy_mode, verdict, id_len, id_calls;
static const char *id_text;

static void start(int limit, uint64_t options)
{
    both = contexts_new("ecdsa", limit);
    SSL_CTX_set_options(both.server, options);
    if (SSL_CTX_set_session_id_context(both.server, (const unsigned char *)"calls", 5) != 1)
        check_give_up("SSL_CTX_set_session_id_context");
}

static const char *who(const SSL *ssl)
{
    return SSL_is_server(ssl) ? "server" : "client";
}

static int on_new(SSL *ssl, SSL_SESSION *session)
{
    unsigned int len;

    SSL_SESSION_get_id(session, &len);
    printf("  %s: new session, id of %u, is its own %d, reused %d, resumable %d, ticket %d, in init %d, finished %d\n", who(ssl), len,
           SSL_get_session(ssl) == session, SSL_session_reused(ssl), SSL_SESSION_is_resumable(session), SSL_SESSION_has_ticket(session),
           SSL_in_init(ssl), SSL_is_init_finished(ssl));
    printf("    state %s, version %x, suite %s, key of %d, cache holds %ld\n", SSL_state_string_long(ssl), SSL_SESSION_get_protocol_version(session),
           SSL_CIPHER_get_name(SSL_SESSION_get0_cipher(session)), (int)SSL_SESSION_get_master_key(session, NULL, 0),
           SSL_CTX_sess_number(SSL_get_SSL_CTX(ssl)));
    if (!keep || !SSL_is_server(ssl))
        return 0;
    SSL_SESSION_free(given);
    given = session;
    return 1;
}

static void on_remove(SSL_CTX *ctx, SSL_SESSION *session)
{
    unsigned int len;

    SSL_SESSION_get_id(session, &len);
    printf("  removed from the %s: id of %u, resumable %d, cache holds %ld\n", ctx == both.server ? "server" : "client", len,
           SSL_SESSION_is_resumable(session), SSL_CTX_sess_number(ctx));
}

static SSL_SESSION *on_get(SSL *ssl, const unsigned char *id, int len, int *copy)
{
    printf("  %s: asked for a session, id of %d, copy %d, reused %d, has %d\n", who(ssl), len, *copy, SSL_session_reused(ssl), SSL_get_session(ssl) != NULL);
    CHECK(id != NULL);
    *copy = copy_mode;
    if (given == NULL)
        return NULL;
    if (copy_mode == 0)
        SSL_SESSION_up_ref(given);
    return given;
}

static void set_callbacks(SSL_CTX *ctx)
{
    SSL_CTX_sess_set_new_cb(ctx, on_new);
    SSL_CTX_sess_set_remove_cb(ctx, on_remove);
    SSL_CTX_sess_set_get_cb(ctx, on_get);
}

static SSL_SESSION *connect_with(const char *label, SSL_SESSION *session)
{
    SSL *client, *server;
    SSL_SESSION *held;
    struct pair_result result;

    printf("-- %s\n", label);
    pair_new(&client, &server, both.client, both.server);
    if (session != NULL && SSL_set_session(client, session) != 1)
        check_give_up("SSL_set_session");
    result = pair_handshake(client, server);
    if (!result.ok)
        pair_show(label, &result);
    if (result.ok)
        CHECK(pair_transfer(server, client, "hello", 5));
    printf("reused %d %d\n", SSL_session_reused(client), SSL_session_reused(server));
    held = SSL_get1_session(client);
    SSL_shutdown(client);
    SSL_shutdown(server);
    SSL_shutdown(client);
    pair_free(client, server);
    return held;
}

static void show_counters(SSL_CTX *ctx)
{
    printf("number %ld hits %ld cb_hits %ld misses %ld timeouts %ld full %ld\n", SSL_CTX_sess_number(ctx), SSL_CTX_sess_hits(ctx),
           SSL_CTX_sess_cb_hits(ctx), SSL_CTX_sess_misses(ctx), SSL_CTX_sess_timeouts(ctx), SSL_CTX_sess_cache_full(ctx));
}

/* The order of everything, in each way to resume. */
static void order(int limit)
{
    for (int way = 0; way < 3; way++) {
        SSL_SESSION *first, *second;

        printf("== order, version %x, %s\n", limit, way == 0 ? "tickets" : way == 1 ? "no tickets" : "no internal cache");
        start(limit, way == 0 ? 0 : SSL_OP_NO_TICKET);
        SSL_CTX_set_session_cache_mode(both.client, SSL_SESS_CACHE_CLIENT);
        SSL_CTX_set_session_cache_mode(both.server, SSL_SESS_CACHE_SERVER | (way == 2 ? SSL_SESS_CACHE_NO_INTERNAL : 0));
        set_callbacks(both.client);
        set_callbacks(both.server);
        keep = way == 2;
        first = connect_with("first", NULL);
        second = connect_with("second", first);
        SSL_SESSION_free(connect_with("the first one again", first));
        show_counters(both.client);
        show_counters(both.server);
        printf("-- flush\n");
        SSL_CTX_flush_sessions(both.server, 0);
        printf("-- the contexts go\n");
        SSL_SESSION_free(first);
        SSL_SESSION_free(second);
        SSL_CTX_free(both.client);
        both.client = NULL;
        SSL_CTX_free(both.server);
        SSL_SESSION_free(given);
        given = NULL;
        keep = 0;
    }
}

/* What the get callback may come up with. */
static void odd_answers(void)
{
    static const char *const names[] = { "as it was", "another id context", "out of date", "TLS 1.3's", "not resumable", "another key", "none" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        SSL_SESSION *first;
        unsigned char key[48];

        printf("== the program's cache gives a session: %s\n", names[i]);
        start(TLS1_2_VERSION, SSL_OP_NO_TICKET);
        SSL_CTX_set_session_cache_mode(both.server, SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL);
        set_callbacks(both.server);
        keep = copy_mode = 1;
        first = connect_with("first", NULL);
        switch (i) {
        case 1:
            SSL_SESSION_set1_id_context(given, (const unsigned char *)"x", 1);
            break;
        case 2:
            SSL_SESSION_set_time(given, 1000);
            break;
        case 3:
            SSL_SESSION_set_protocol_version(given, TLS1_3_VERSION);
            break;
        case 4:
            SSL_CTX_remove_session(both.server, given);
            break;
        case 5:
            memset(key, 7, sizeof key);
            SSL_SESSION_set1_master_key(given, key, sizeof key);
            break;
        case 6:
            SSL_SESSION_free(given);
            given = NULL;
            break;
        }
        keep = 0;
        SSL_SESSION_free(connect_with("second", first));
        show_counters(both.server);
        if (given != NULL)
            SHOW(SSL_SESSION_is_resumable(given));
        SSL_SESSION_free(first);
        SSL_SESSION_free(given);
        given = NULL;
        contexts_free(&both);
    }
    copy_mode = 0;
}

static int on_not_resumable(SSL *ssl, int forward_secure)
{
    printf("  %s: may it be resumed? forward secure %d, reused %d\n", who(ssl), forward_secure, SSL_session_reused(ssl));
    return verdict;
}

static int on_not_resumable_here(SSL *ssl, int forward_secure)
{
    printf("  %s: asked by the connection, forward secure %d\n", who(ssl), forward_secure);
    return 1;
}

static void not_resumable(int limit)
{
    for (int way = 0; way < 4; way++) {
        SSL_SESSION *first;
        SSL *client, *server;

        verdict = way & 1;
        printf("-- tickets %d, the callback returns %d\n", way < 2, verdict);
        start(limit, way < 2 ? 0 : SSL_OP_NO_TICKET);
        set_callbacks(both.server);
        SSL_CTX_set_not_resumable_session_callback(both.server, on_not_resumable);
        first = connect_with("first", NULL);
        SHOW(SSL_SESSION_is_resumable(first));
        SHOW(SSL_SESSION_has_ticket(first));
        show_counters(both.server);
        SSL_SESSION_free(connect_with("second", first));
        SSL_SESSION_free(first);

        pair_new(&client, &server, both.client, both.server);
        SSL_set_not_resumable_session_callback(server, on_not_resumable_here);
        pair_connect(client, server);
        SHOW(SSL_SESSION_is_resumable(SSL_get_session(server)));
        pair_free(client, server);
        contexts_free(&both);
    }
}

static int on_id(SSL *ssl, unsigned char *id, unsigned int *len)
{
    id_calls++;
    CHECK(ssl != NULL && *len == 32);
    memset(id, 'x', *len);
    memcpy(id, id_text, strlen(id_text));
    if (id_len < 0)
        return 0;
    *len = (unsigned int)id_len;
    return 1;
}

static int on_id_here(SSL *ssl, unsigned char *id, unsigned int *len)
{
    (void)ssl;
    memset(id, 'h', *len);
    return 1;
}

static void ids(int limit)
{
    static const struct {
        const char *label, *text;
        int len;
    } cases[] = { { "whole", "first", 32 }, { "another", "second", 32 }, { "a conflict", "second", 32 }, { "none", "none", 0 }, { "too long", "long", 33 }, { "failure", "fail", -1 } };
    SSL_SESSION *session;
    SSL *client, *server;

    start(limit, SSL_OP_NO_TICKET);
    SHOW(SSL_CTX_set_generate_session_id(both.server, on_id));
    SSL_CTX_set_num_tickets(both.server, 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const unsigned char *id;
        unsigned int len;

        id_text = cases[i].text;
        id_len = cases[i].len;
        id_calls = 0;
        session = connect_with(cases[i].label, NULL);
        SHOW(id_calls);
        if (session != NULL) {
            id = SSL_SESSION_get_id(session, &len);
            SHOW(len);
            if (len > 0 && limit == TLS1_2_VERSION)
                SHOW_HEX("id", id, len);
        }
        /* in TLS 1.3 the reference takes the session out of its cache with which the new one's id collides */
        if (limit == TLS1_2_VERSION)
            show_counters(both.server);
        SSL_SESSION_free(session);
    }
    printf("-- the connection's own callback\n");
    id_text = "unused";
    id_len = 32;
    pair_new(&client, &server, both.client, both.server);
    SHOW(SSL_set_generate_session_id(server, on_id_here));
    pair_connect(client, server);
    {
        unsigned int len;
        const unsigned char *id = SSL_SESSION_get_id(SSL_get_session(server), &len);

        SHOW_HEX("id", id, len);
        SHOW(SSL_has_matching_session_id(server, id, len));
        SHOW(SSL_has_matching_session_id(client, id, len));
        SHOW(SSL_has_matching_session_id(server, id, 0));
    }
    pair_free(client, server);
    contexts_free(&both);

    printf("-- with tickets\n");
    start(limit, 0);
    SHOW(SSL_CTX_set_generate_session_id(both.server, on_id));
    id_text = "ticket";
    id_calls = 0;
    session = connect_with("tickets", NULL);
    SHOW(id_calls);
    SSL_SESSION_free(session);
    contexts_free(&both);
}

/* Where sessions are valid: of the context, of the connection, and when client certificates are asked for. */
static void id_contexts(int limit)
{
    for (int way = 0; way < 6; way++) {
        SSL_SESSION *session;
        SSL *client, *server;
        struct pair_result result;
        unsigned int len;

        printf("-- way %d\n", way);
        both = contexts_new("ecdsa", limit);
        if (way >= 3) {
            SSL_CTX_load_verify_locations(both.server, pki("ca.pem"), NULL);
            SSL_CTX_set_verify(both.server, SSL_VERIFY_PEER, NULL);
        }
        if (way % 3 == 1)
            SHOW(SSL_CTX_set_session_id_context(both.server, (const unsigned char *)"one", 3));
        session = connect_with("first", NULL);
        SSL_SESSION_get0_id_context(session, &len);
        SHOW(len);
        SHOW(SSL_CTX_sess_number(both.server));
        pair_new(&client, &server, both.client, both.server);
        if (way % 3 == 2)
            SHOW(SSL_set_session_id_context(server, (const unsigned char *)"two", 3));
        SSL_set_session(client, session);
        result = pair_handshake(client, server);
        pair_show("second", &result);
        printf("reused %d %d\n", SSL_session_reused(client), SSL_session_reused(server));
        SHOW_PTR(SSL_get_session(server));
        if (SSL_get_session(server) != NULL) {
            SSL_SESSION_get0_id_context(SSL_get_session(server), &len);
            SHOW(len);
        }
        pair_free(client, server);
        SSL_SESSION_free(session);
        contexts_free(&both);
    }
}

static SSL_CTX *second_ctx;

static int to_second(SSL *ssl, int *alert, void *arg)
{
    (void)alert, (void)arg;
    SSL_set_SSL_CTX(ssl, second_ctx);
    return SSL_TLSEXT_ERR_OK;
}

/* The server-name callback moves the connection to another context: whose id context counts, and whose cache? */
static void other_context(int limit)
{
    for (int way = 0; way < 3; way++) {
        SSL_SESSION *session;
        unsigned int len;
        SSL *client, *server;

        printf("-- way %d\n", way);
        start(limit, way == 2 ? SSL_OP_NO_TICKET : 0);
        second_ctx = new_server_ctx("rsa");
        if (way != 1)
            SSL_CTX_set_session_id_context(second_ctx, (const unsigned char *)"elsewhere", 9);
        SSL_CTX_set_tlsext_servername_callback(both.server, to_second);
        set_callbacks(both.server);
        set_callbacks(second_ctx);
        session = connect_with("no name", NULL);
        pair_new(&client, &server, both.client, both.server);
        SSL_set_tlsext_host_name(client, "other.example");
        SSL_set_session(client, session);
        SSL_SESSION_free(session);
        {
            struct pair_result result = pair_handshake(client, server);

            pair_show("with a name", &result);
        }
        pair_transfer(server, client, "hello", 5);
        printf("reused %d %d\n", SSL_session_reused(client), SSL_session_reused(server));
        SSL_SESSION_get0_id_context(SSL_get_session(server), &len);
        SHOW(len);
        session = SSL_get1_session(client);
        SSL_shutdown(client);
        SSL_shutdown(server);
        pair_free(client, server);
        show_counters(both.server);
        show_counters(second_ctx);
        pair_new(&client, &server, both.client, both.server);
        SSL_set_tlsext_host_name(client, "other.example");
        SSL_set_session(client, session);
        {
            struct pair_result result = pair_handshake(client, server);

            pair_show("again", &result);
        }
        printf("reused %d %d\n", SSL_session_reused(client), SSL_session_reused(server));
        pair_free(client, server);
        SSL_SESSION_free(session);
        SSL_CTX_free(second_ctx);
        contexts_free(&both);
    }
}

int main(void)
{
    OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, NULL);
    order(TLS1_2_VERSION);
    order(TLS1_3_VERSION);
    odd_answers();
    in_both_versions("not resumable", not_resumable);
    in_both_versions("session ids", ids);
    in_both_versions("session id contexts", id_contexts);
    in_both_versions("another context", other_context);
    return 0;
}
