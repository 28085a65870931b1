/*
 * Settings that must make a handshake fail.
 *
 * A case names one setting and how it is applied to the contexts or connections of both sides, once so that the handshake
 * must not succeed and once so that it must. Each case is run in TLS 1.2 and TLS 1.3: both sides in one thread over a
 * BIO pair, and each side against the same case's other side in a process on the other libssl, over a blocking socket.
 * Printed are the return value, SSL_get_error, the error queue, the verify result and the alerts of each side.
 */
#ifndef CAPI_TESTS_REFUSALS_H
#define CAPI_TESTS_REFUSALS_H

#include "peer.h"

#include <openssl/x509v3.h>

struct refusal {
    const char *name;
    /* certificate of each side: [0] when it must succeed, [1] when it must be refused; NULL means none */
    const char *server_cert[2], *client_cert[2];
    /* settings; `refuse` is 1 when the handshake must fail */
    void (*client_ctx)(SSL_CTX *ctx, int refuse);
    void (*server_ctx)(SSL_CTX *ctx, int refuse);
    void (*client_ssl)(SSL *ssl, int refuse);
    void (*server_ssl)(SSL *ssl, int refuse);
    int versions; /* bits of VERSION_* */
    int flags;    /* bits of CASE_* */
};

enum { VERSION_12 = 1, VERSION_13 = 2, VERSION_BOTH = 3 };
enum {
    CASE_NO_TRUST = 1,    /* the client's context starts without a CA */
    CASE_OWN_VERSION = 2, /* the case sets the versions, the driver does not */
    CASE_LOW_LEVEL = 4,   /* both sides start at security level 0, so that weak certificates can be loaded */
    CASE_NO_SUCCESS = 8,  /* there is no setting with which it succeeds */
};

enum stage { STAGE_HANDSHAKE, STAGE_FIRST, STAGE_SECOND, STAGE_DONE };

struct outcome {
    int stage; /* how far the side got */
    int ret, error;
    int errs;
    unsigned long err[4];
    long verify;
    int alert_sent, alert_received; /* -1: none */
};

struct side {
    SSL_CTX *ctx;
    SSL *ssl;
    int is_server;
    struct outcome outcome;
};

/* Applies a setting that has to be accepted. */
#define SET(expr) refusal_set((long)(expr), #expr)

static inline void refusal_set(long answer, const char *text)
{
    if (answer <= 0) {
        printf("SETTING REFUSED %s = %ld\n", text, answer);
        SHOW_ERR();
        check_failures++;
    }
}

static inline void refusal_info(const SSL *ssl, int where, int value)
{
    struct outcome *outcome = SSL_get_app_data(ssl);

    if (outcome == NULL || (where & SSL_CB_ALERT) == 0 || (value & 0xff) == SSL_AD_CLOSE_NOTIFY)
        return;
    if ((where & SSL_CB_WRITE) != 0)
        outcome->alert_sent = value & 0xff;
    else
        outcome->alert_received = value & 0xff;
}

/* ---- one side ---- */

static inline void side_load(struct side *side, const char *cert)
{
    if (cert == NULL)
        return;
    SET(SSL_CTX_use_certificate_chain_file(side->ctx, pki_of(cert, ".pem")));
    SET(SSL_CTX_use_PrivateKey_file(side->ctx, pki_of(cert, ".key"), SSL_FILETYPE_PEM));
}

static inline void side_new(struct side *side, const struct refusal *which, int version, int is_server, int refuse)
{
    memset(side, 0, sizeof *side);
    side->is_server = is_server;
    side->outcome.alert_sent = side->outcome.alert_received = -1;
    side->ctx = SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method());
    if (side->ctx == NULL)
        check_give_up("no context");
    if (which->flags & CASE_LOW_LEVEL)
        SSL_CTX_set_security_level(side->ctx, 0);
    if (!is_server && !(which->flags & CASE_OWN_VERSION)) {
        SET(SSL_CTX_set_min_proto_version(side->ctx, version));
        SET(SSL_CTX_set_max_proto_version(side->ctx, version));
    }
    if (!is_server)
        SSL_CTX_set_verify(side->ctx, SSL_VERIFY_PEER, NULL);
    if (!is_server && !(which->flags & CASE_NO_TRUST))
        SET(SSL_CTX_load_verify_file(side->ctx, pki("ca.pem")));
    side_load(side, is_server ? which->server_cert[refuse] : which->client_cert[refuse]);
    if (is_server && which->server_ctx != NULL)
        which->server_ctx(side->ctx, refuse);
    if (!is_server && which->client_ctx != NULL)
        which->client_ctx(side->ctx, refuse);
    SSL_CTX_set_info_callback(side->ctx, refusal_info);
    if ((side->ssl = SSL_new(side->ctx)) == NULL)
        check_give_up("SSL_new");
    SSL_set_app_data(side->ssl, &side->outcome);
    if (is_server && which->server_ssl != NULL)
        which->server_ssl(side->ssl, refuse);
    if (!is_server && which->client_ssl != NULL)
        which->client_ssl(side->ssl, refuse);
    if (is_server)
        SSL_set_accept_state(side->ssl);
    else
        SSL_set_connect_state(side->ssl);
}

static inline void side_free(struct side *side)
{
    SSL_free(side->ssl);
    SSL_CTX_free(side->ctx);
}

/* Handshake, then one message each way, the client's first. */
static inline int side_call(struct side *side)
{
    char buf[8];

    if (side->outcome.stage == STAGE_HANDSHAKE)
        return SSL_do_handshake(side->ssl);
    if ((side->outcome.stage == STAGE_FIRST) == side->is_server)
        return SSL_read(side->ssl, buf, sizeof buf);
    return SSL_write(side->ssl, "data", 4);
}

/* Does the next call; 1 while there is more to do after it or when it would block. */
static inline int side_step(struct side *side)
{
    struct outcome *outcome = &side->outcome;
    unsigned long code;

    if (outcome->stage == STAGE_DONE)
        return 0;
    ERR_clear_error();
    outcome->ret = side_call(side);
    outcome->error = SSL_get_error(side->ssl, outcome->ret);
    outcome->errs = 0;
    while ((code = ERR_get_error()) != 0)
        if (outcome->errs < 4)
            outcome->err[outcome->errs++] = code;
    outcome->verify = SSL_get_verify_result(side->ssl);
    if (outcome->ret > 0)
        return ++outcome->stage != STAGE_DONE;
    return outcome->error == SSL_ERROR_WANT_READ || outcome->error == SSL_ERROR_WANT_WRITE;
}

static inline void side_show(const char *label, const struct outcome *outcome)
{
    static const char *const stages[] = { "handshake", "first message", "second message", "done" };

    printf("  %s: %s ret=%d error=%d verify=%ld", label, stages[outcome->stage], outcome->ret, outcome->error, outcome->verify);
    if (outcome->alert_sent >= 0)
        printf(" sent=%d", outcome->alert_sent);
    if (outcome->alert_received >= 0)
        printf(" received=%d", outcome->alert_received);
    printf("\n");
    for (int i = 0; i < outcome->errs; i++)
        check_print_err("    err", outcome->err[i], NULL);
}

/* ---- both sides here, or one of them in another process ---- */

struct order {
    int index, version, is_server, refuse;
};

static inline void local_run(const struct refusal *which, const struct order *order, struct outcome *client, struct outcome *server)
{
    struct side a, b;

    side_new(&a, which, order->version, 0, order->refuse);
    side_new(&b, which, order->version, 1, order->refuse);
    pair_join(a.ssl, b.ssl, PAIR_BIO);
    for (int round = 0, more_a = 1, more_b = 1; round < 20 && (more_a || more_b); round++) {
        if (more_a)
            more_a = side_step(&a);
        if (more_b)
            more_b = side_step(&b);
    }
    *client = a.outcome;
    *server = b.outcome;
    side_free(&a);
    side_free(&b);
}

/* One side on a blocking socket; takes the socket. */
static inline void socket_run(const struct refusal *which, const struct order *order, int fd, struct outcome *outcome)
{
    char rest[256];
    struct side side;

    side_new(&side, which, order->version, order->is_server, order->refuse);
    SET(SSL_set_fd(side.ssl, fd));
    while (side_step(&side))
        continue;
    /* let the other side have all that was sent: a socket closed with unread data resets the connection */
    shutdown(fd, SHUT_WR);
    while (read(fd, rest, sizeof rest) > 0)
        continue;
    *outcome = side.outcome;
    side_free(&side);
    close(fd);
}

static inline void send_order(int control, const struct order *order, int fd)
{
    union { char space[CMSG_SPACE(sizeof(int))]; struct cmsghdr align; } ancillary = { .space = { 0 } };
    struct iovec data = { .iov_base = (void *)order, .iov_len = sizeof *order };
    struct msghdr msg = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = &ancillary, .msg_controllen = sizeof ancillary };
    struct cmsghdr *header = CMSG_FIRSTHDR(&msg);

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    if (sendmsg(control, &msg, MSG_NOSIGNAL) != sizeof *order)
        check_give_up("order not sent");
}

/* The descriptor that came with the next order, -1 at the end. */
static inline int receive_order(int control, struct order *order)
{
    union { char space[CMSG_SPACE(sizeof(int))]; struct cmsghdr align; } ancillary;
    struct iovec data = { .iov_base = order, .iov_len = sizeof *order };
    struct msghdr msg = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = &ancillary, .msg_controllen = sizeof ancillary };
    struct cmsghdr *header;
    int fd = -1;

    if (recvmsg(control, &msg, MSG_CMSG_CLOEXEC) != sizeof *order || (header = CMSG_FIRSTHDR(&msg)) == NULL)
        return -1;
    memcpy(&fd, CMSG_DATA(header), sizeof fd);
    return fd;
}

/* The test program's list; it ends with a case without a name. */
static const struct refusal *cases;

static inline void refusal_worker(int control, const char *arg)
{
    struct order order;
    struct outcome outcome;
    int fd;

    (void)arg;
    while ((fd = receive_order(control, &order)) >= 0) {
        socket_run(&cases[order.index], &order, fd, &outcome);
        if (write(control, &outcome, sizeof outcome) != sizeof outcome)
            check_give_up("outcome not sent");
    }
}

/* This process plays the side named in the order, the worker the other one. */
static inline void remote_run(struct remote *worker, struct order order, struct outcome *here, struct outcome *there)
{
    struct order other = order;
    int fds[2];

    other.is_server = !order.is_server;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
        check_give_up("socketpair");
    send_order(worker->fd, &other, fds[1]);
    close(fds[1]);
    socket_run(&cases[order.index], &order, fds[0], here);
    if (read(worker->fd, there, sizeof *there) != sizeof *there)
        check_give_up("the worker has gone");
}

static inline void refusal_judge(const struct order *order, const struct outcome *client, const struct outcome *server)
{
    int through = client->stage == STAGE_DONE && server->stage == STAGE_DONE;

    side_show("client", client);
    side_show("server", server);
    if (order->refuse)
        CHECK(!through);
    else
        CHECK(through);
}

static inline void refusal_case(struct remote *worker, int index, int version, int refuse)
{
    static const char *const how[] = { "must succeed", "must be refused" };
    const char *name = cases[index].name, *text = version == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3";
    struct order order = { index, version, 0, refuse };
    struct outcome client, server;

    printf("-- %s, %s, %s: one thread\n", name, text, how[refuse]);
    local_run(&cases[index], &order, &client, &server);
    refusal_judge(&order, &client, &server);
    printf("-- %s, %s, %s: client against the other library\n", name, text, how[refuse]);
    remote_run(worker, order, &client, &server);
    refusal_judge(&order, &client, &server);
    printf("-- %s, %s, %s: server against the other library\n", name, text, how[refuse]);
    order.is_server = 1;
    remote_run(worker, order, &server, &client);
    refusal_judge(&order, &client, &server);
}

static inline int refusals_main(int argc, char **argv, const struct refusal *list)
{
    static const struct remote_role roles[] = { { "worker", refusal_worker }, { NULL, NULL } };
    struct remote worker;

    cases = list;
    remote_main(argc, argv, roles);
    remote_start(&worker, "worker", NULL);
    for (int i = 0; cases[i].name != NULL; i++) {
        for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
            if ((cases[i].versions & (version == TLS1_2_VERSION ? VERSION_12 : VERSION_13)) == 0)
                continue;
            refusal_case(&worker, i, version, 1);
            if (!(cases[i].flags & CASE_NO_SUCCESS))
                refusal_case(&worker, i, version, 0);
        }
    }
    remote_finish(&worker);
    return 0;
}

#endif
