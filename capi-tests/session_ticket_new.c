/*
 * SSL_new_session_ticket(3), SSL_CTX_set_num_tickets(3): tickets on request, when they go out, what they are good for, and what
 * stands in their way.
 */
#include "call.h"

static int news, shown;
static SSL_SESSION *latest;

static int on_new(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl;
    news++;
    SSL_SESSION_free(latest);
    latest = session;
    return 1;
}

static void forget(void)
{
    SSL_SESSION_free(latest);
    latest = NULL;
    news = 0;
}

static struct contexts new_contexts(int version)
{
    struct contexts both = contexts_new("ecdsa", version);

    SSL_CTX_set_session_id_context(both.server, (const unsigned char *)"new", 3);
    SSL_CTX_set_session_cache_mode(both.client, SSL_SESS_CACHE_CLIENT);
    SSL_CTX_sess_set_new_cb(both.client, on_new);
    return both;
}

static void when(int version)
{
    struct contexts both = new_contexts(version);
    SSL *client, *server;
    char buf[16];

    for (int first = 0; first < 3; first++) {
        printf("-- %d tickets at first\n", first);
        pair_new(&client, &server, both.client, both.server);
        SHOW(SSL_set_num_tickets(server, (size_t)first));
        SHOW(SSL_new_session_ticket(server));
        SSL_do_handshake(client);
        SSL_do_handshake(server);
        ERR_clear_error();
        SHOW(SSL_new_session_ticket(server));
        pair_connect(client, server);
        pair_settle(client);
        SHOW(news);
        SHOW(SSL_new_session_ticket(client));
        SHOW(SSL_in_init(server));
        SHOW(SSL_new_session_ticket(server));
        SHOW(SSL_in_init(server));
        SHOW(SSL_is_init_finished(server));
        SHOW_STR(SSL_state_string_long(server));
        SHOW(pair_settle(client));
        SHOW(news);
        SHOW(SSL_new_session_ticket(server));
        CALL(server, SSL_do_handshake(server));
        SHOW(SSL_in_init(server));
        SHOW_STR(SSL_state_string_long(server));
        SHOW(pair_settle(client));
        SHOW(news);
        SHOW(SSL_new_session_ticket(server));
        CALL(server, SSL_write(server, "hello", 5));
        CALL(client, SSL_read(client, buf, sizeof buf));
        SHOW(news);
        SHOW(SSL_get_num_tickets(server));
        SHOW(SSL_CTX_sess_number(both.server));
        SSL_shutdown(server);
        SHOW(SSL_new_session_ticket(server));
        SHOW_ERR();
        pair_free(client, server);
        forget();
    }
    contexts_free(&both);
}

/* Each ticket resumes, and stands for a session of its own. */
static void good_for(uint64_t options)
{
    struct contexts both = new_contexts(TLS1_3_VERSION);
    SSL_SESSION *sessions[4];
    SSL *client, *server;

    printf("== what they are good for, options %llx\n", (unsigned long long)options);
    SSL_CTX_set_options(both.server, options);
    pair_new(&client, &server, both.client, both.server);
    SSL_set_num_tickets(server, 1);
    pair_connect(client, server);
    pair_settle(client);
    for (int i = 0; i < 4; i++) {
        if (i > 0) {
            SHOW(SSL_new_session_ticket(server));
            SHOW(SSL_do_handshake(server));
            pair_settle(client);
        }
        sessions[i] = SSL_get1_session(client);
        SHOW(sessions[i] == latest);
        SHOW(SSL_SESSION_is_resumable(sessions[i]));
    }
    SHOW(SSL_CTX_sess_number(both.server));
    SSL_shutdown(client);
    SSL_shutdown(server);
    pair_free(client, server);
    for (int i = 0; i < 4; i++) {
        pair_new(&client, &server, both.client, both.server);
        SHOW(SSL_set_session(client, sessions[i]));
        pair_connect(client, server);
        printf("%d: reused %d %d\n", i, SSL_session_reused(client), SSL_session_reused(server));
        pair_settle(client);
        /* one more on the resumed connection */
        SHOW(SSL_new_session_ticket(server));
        CHECK(pair_transfer(server, client, "hello", 5));
        SSL_SESSION_free(sessions[i]);
        sessions[i] = SSL_get1_session(client);
        SSL_shutdown(client);
        SSL_shutdown(server);
        pair_free(client, server);
    }
    SHOW(news);
    for (int i = 0; i < 4; i++) {
        pair_new(&client, &server, both.client, both.server);
        SSL_set_session(client, sessions[i]);
        pair_connect(client, server);
        printf("%d: reused %d %d\n", i, SSL_session_reused(client), SSL_session_reused(server));
        SSL_SESSION_free(sessions[i]);
        SSL_shutdown(client);
        SSL_shutdown(server);
        pair_free(client, server);
    }
    forget();
    contexts_free(&both);
    SHOW_ERR();
}

static void on_message(int written, int version, int type, const void *buf, size_t len, SSL *ssl, void *arg)
{
    (void)version, (void)buf, (void)ssl;
    if (type == SSL3_RT_HANDSHAKE && len > 0 && *(const unsigned char *)buf == SSL3_MT_NEWSESSION_TICKET) {
        shown++;
        printf("  %s %s a ticket\n", (const char *)arg, written ? "sends" : "gets");
    }
}

static void on_info(const SSL *ssl, int where, int ret)
{
    printf("  server: %x %d %s\n", where, ret, SSL_state_string_long(ssl));
}

static void seen_by_callbacks(void)
{
    struct contexts both = new_contexts(TLS1_3_VERSION);
    SSL *client, *server;

    SECTION("seen by callbacks");
    pair_new(&client, &server, both.client, both.server);
    SSL_set_msg_callback(server, on_message);
    SSL_set_msg_callback_arg(server, "server");
    SSL_set_msg_callback(client, on_message);
    SSL_set_msg_callback_arg(client, "client");
    pair_connect(client, server);
    pair_settle(client);
    SSL_set_info_callback(server, on_info);
    printf("-- asked for\n");
    SHOW(SSL_new_session_ticket(server));
    SHOW(SSL_do_handshake(server));
    pair_settle(client);
    SHOW(shown);
    SHOW(news);
    printf("-- with a key update\n");
    SHOW(SSL_key_update(server, SSL_KEY_UPDATE_NOT_REQUESTED));
    SHOW(SSL_new_session_ticket(server));
    SSL_set_info_callback(server, NULL);
    CHECK(pair_transfer(server, client, "hello", 5));
    CHECK(pair_transfer(client, server, "hello", 5));
    SHOW(SSL_new_session_ticket(server));
    SHOW(SSL_key_update(server, SSL_KEY_UPDATE_NOT_REQUESTED));
    SHOW_ERR();
    CHECK(pair_transfer(server, client, "hello", 5));
    pair_free(client, server);
    forget();
    contexts_free(&both);
}

/* Tickets as the last thing before many bytes: rustls and we must agree on the record numbers. */
static void among_data(void)
{
    struct contexts both = new_contexts(TLS1_3_VERSION);
    static unsigned char data[100000];
    SSL *client, *server;

    SECTION("among data");
    fill_pattern(data, sizeof data, 5);
    pair_new(&client, &server, both.client, both.server);
    pair_connect(client, server);
    for (int i = 0; i < 5; i++) {
        CHECK(pair_transfer(server, client, data, sizeof data));
        CHECK(SSL_new_session_ticket(server) == 1);
        if (i == 2)
            CHECK(SSL_do_handshake(server) == 1);
        CHECK(pair_transfer(client, server, data, sizeof data));
        CHECK(pair_transfer(server, client, data, 100));
    }
    SHOW(news);
    SHOW_ERR();
    pair_free(client, server);
    forget();
    contexts_free(&both);
}

static void serve(int fd, const char *arg)
{
    struct contexts both = new_contexts(0);
    SSL *ssl = SSL_new(both.server);
    char buf[8];

    (void)arg;
    SSL_set_fd(ssl, fd);
    CALL(ssl, SSL_accept(ssl));
    SHOW(SSL_new_session_ticket(ssl));
    SHOW(SSL_new_session_ticket(ssl));
    CALL(ssl, SSL_write(ssl, "hello", 5));
    CALL(ssl, SSL_read(ssl, buf, sizeof buf));
    SHOW(SSL_new_session_ticket(ssl));
    CALL(ssl, SSL_do_handshake(ssl));
    CALL(ssl, SSL_write(ssl, "bye", 3));
    SSL_shutdown(ssl);
    remote_drain(fd);
    SSL_free(ssl);
    contexts_free(&both);
}

static void from_a_remote_server(void)
{
    struct contexts both = new_contexts(TLS1_3_VERSION);
    SSL *ssl = SSL_new(both.client);
    struct remote peer;
    char buf[8];

    SECTION("from a remote server");
    remote_start(&peer, "serve", "");
    SSL_set_fd(ssl, peer.fd);
    CALL(ssl, SSL_connect(ssl));
    CALL(ssl, SSL_read(ssl, buf, sizeof buf));
    SHOW(news);
    CALL(ssl, SSL_write(ssl, "go on", 5));
    CALL(ssl, SSL_read(ssl, buf, sizeof buf));
    SHOW(news);
    SSL_shutdown(ssl);
    SSL_free(ssl);
    remote_finish(&peer);
    forget();
    contexts_free(&both);
}

int main(int argc, char **argv)
{
    static const struct remote_role roles[] = { { "serve", serve }, { NULL, NULL } };

    remote_main(argc, argv, roles);
    OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, NULL);
    in_both_versions("when", when);
    good_for(0);
    good_for(SSL_OP_NO_TICKET);
    seen_by_callbacks();
    among_data();
    from_a_remote_server();
    return 0;
}
