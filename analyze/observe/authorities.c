#include "observe/authorities.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/time.h"
#include "base/vector.h"
#include "observe/address_guard.h"

enum {
    DNS_PORT = 53,
    TRIES = 3,
    STRAYS_MAX = 100, /* messages of one server that answer nothing */
    UDP_WAIT = 1500,  /* milliseconds for one try */
    TCP_WAIT = 4000,
    TOTAL_WAIT = 12000, /* for all questions together */
    LENGTH_SIZE = 2,    /* before a message over TCP (RFC 1035 §4.2.2) */
};

/* What goes on with one server: one question after the other. */
struct exchange {
    const struct authority_server *server;
    struct sockaddr_storage address;
    size_t question; /* index of the one that is out */
    unsigned tries, strays;
    int fd; /* -1: no more to do */
    bool tcp;
    int64_t deadline;
    uint16_t id;
    uint8_t query[LENGTH_SIZE + DNS_QUERY_MAX]; /* as TCP has it */
    size_t length, sent;
    struct buffer received;
};

struct asking {
    const struct authority_zone *zone;
    struct arena *arena;
    struct observed_authorities *out;
    struct exchange *exchanges;
    size_t count;
    int64_t end;
};

static socklen_t address_size(const struct sockaddr_storage *address)
{
    return address->ss_family == AF_INET ? sizeof(struct sockaddr_in)
                                         : sizeof(struct sockaddr_in6);
}

static bool address_parse(struct text text, struct sockaddr_storage *address)
{
    char string[INET6_ADDRSTRLEN];
    struct sockaddr_in *v4 = (struct sockaddr_in *)address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;
    if (text.length >= sizeof string)
        return false;
    memcpy(string, text.at, text.length);
    string[text.length] = '\0';
    memset(address, 0, sizeof *address);
    if (inet_pton(AF_INET, string, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(DNS_PORT);
        return true;
    }
    if (inet_pton(AF_INET6, string, &v6->sin6_addr) != 1)
        return false;
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(DNS_PORT);
    return true;
}

/* ---- sending ---- */

static void close_socket(struct exchange *exchange)
{
    file_close(&exchange->fd);
    exchange->fd = -1;
}

/* A socket of its own for each try, so that its port is as hard to guess as the id. */
static bool open_socket(struct asking *asking, struct exchange *exchange, bool tcp)
{
    int64_t wait = tcp ? TCP_WAIT : UDP_WAIT, now = time_milliseconds();
    close_socket(exchange);
    exchange->tcp = tcp;
    exchange->sent = 0;
    exchange->received.length = 0;
    exchange->deadline = now + wait < asking->end ? now + wait : asking->end;
    exchange->fd = socket(exchange->address.ss_family,
                          (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return exchange->fd >= 0 &&
           (connect(exchange->fd, (const struct sockaddr *)&exchange->address,
                    address_size(&exchange->address)) == 0 ||
            errno == EINPROGRESS);
}

static bool new_id(uint16_t *id)
{
    return getrandom(id, sizeof *id, 0) == sizeof *id;
}

static bool send_udp(struct asking *asking, struct exchange *exchange)
{
    const struct authority_question *question = &asking->zone->questions.at[exchange->question];
    if (!new_id(&exchange->id))
        return false;
    exchange->length = dns_query_write(exchange->query + LENGTH_SIZE, exchange->id,
                                       question->name, question->type);
    exchange->query[0] = (uint8_t)(exchange->length >> 8);
    exchange->query[1] = (uint8_t)exchange->length;
    return exchange->length && open_socket(asking, exchange, false) &&
           send(exchange->fd, exchange->query + LENGTH_SIZE, exchange->length, MSG_NOSIGNAL) ==
               (ssize_t)exchange->length;
}

/* ---- what came ---- */

static void add_entry(struct asking *asking, struct exchange *exchange, size_t question,
                      enum lookup_status status, uint16_t type, struct text_list values)
{
    struct observed_authority entry = {
        .nulls = OBSERVED_ALL,
        .server = text_copy(asking->arena, exchange->server->name),
        .address = text_copy(asking->arena, exchange->server->address),
        .name = text_copy(asking->arena, asking->zone->questions.at[question].name),
        .type = dns_type_name(asking->arena, type),
        .status = status,
        .values = values,
    };
    VECTOR_ADD(asking->arena, asking->out, entry);
}

/* The server is given up: it owes an answer to this question and to those after it. */
static void give_up(struct asking *asking, struct exchange *exchange)
{
    close_socket(exchange);
    for (size_t i = exchange->question; i < asking->zone->questions.count; i++)
        add_entry(asking, exchange, i, LOOKUP_TIMEOUT, asking->zone->questions.at[i].type,
                  (struct text_list){0});
}

static void try_again(struct asking *asking, struct exchange *exchange)
{
    while (exchange->tries < TRIES && time_milliseconds() < asking->end) {
        exchange->tries++;
        if (send_udp(asking, exchange))
            return;
    }
    give_up(asking, exchange);
}

static void next_question(struct asking *asking, struct exchange *exchange)
{
    close_socket(exchange);
    exchange->tries = 0;
    if (++exchange->question < asking->zone->questions.count)
        try_again(asking, exchange);
}

/* Sets *TYPE to that of the records at the name itself: an alias hides every other. */
static struct text_list own_values(struct asking *asking, const struct dns_answer *answer,
                                   uint16_t *type)
{
    struct text_list values = {0};
    OBSERVED_EMPTY(asking->arena, &values);
    for (size_t i = 0; i < answer->records.count; i++) {
        const struct dns_record *record = &answer->records.at[i];
        if (record->type == DNS_CNAME && text_equal(record->name, answer->name))
            *type = DNS_CNAME;
    }
    for (size_t i = 0; i < answer->records.count; i++) {
        const struct dns_record *record = &answer->records.at[i];
        if (record->type == *type && text_equal(record->name, answer->name))
            text_list_add_once(asking->arena, &values, text_copy(asking->arena, record->value));
    }
    text_list_sort(&values);
    return values;
}

static void take_answer(struct asking *asking, struct exchange *exchange,
                        const struct dns_answer *answer)
{
    uint16_t type = answer->type;
    struct text_list values = {0};
    enum lookup_status status = LOOKUP_SERVFAIL;
    if (answer->authoritative &&
        (answer->rcode == DNS_NOERROR || answer->rcode == DNS_NXDOMAIN)) {
        values = own_values(asking, answer, &type);
        status = values.count                    ? LOOKUP_OK
                 : answer->rcode == DNS_NXDOMAIN ? LOOKUP_NXDOMAIN
                                                 : LOOKUP_NODATA;
    }
    add_entry(asking, exchange, exchange->question, status, type, values);
    next_question(asking, exchange);
}

/* True where MESSAGE answers the question that is out. */
static bool read_answer(struct asking *asking, struct exchange *exchange, struct text message,
                        struct arena *arena, struct dns_answer *answer)
{
    const struct authority_question *question = &asking->zone->questions.at[exchange->question];
    return dns_answer_read(message, arena, answer) &&
           dns_answers(answer, exchange->id, question->name, question->type);
}

/* Anything but an answer to our question is somebody else's: it is passed over. */
static void receive_udp(struct asking *asking, struct exchange *exchange)
{
    ARENA_AUTO arena = {0};
    char message[DNS_ANSWER_MAX];
    struct dns_answer answer;
    ssize_t length = recv(exchange->fd, message, sizeof message, 0);
    if (length < 0) {
        if (errno != EAGAIN && errno != EINTR)
            try_again(asking, exchange);
        return;
    }
    if (!read_answer(asking, exchange, (struct text){message, (size_t)length}, &arena,
                     &answer)) {
        if (++exchange->strays > STRAYS_MAX)
            give_up(asking, exchange);
        return;
    }
    if (!answer.truncated)
        take_answer(asking, exchange, &answer);
    else if (!open_socket(asking, exchange, true))
        give_up(asking, exchange);
}

static void send_tcp(struct asking *asking, struct exchange *exchange)
{
    size_t whole = LENGTH_SIZE + exchange->length;
    ssize_t sent = send(exchange->fd, exchange->query + exchange->sent, whole - exchange->sent,
                        MSG_NOSIGNAL);
    if (sent > 0)
        exchange->sent += (size_t)sent;
    else if (sent < 0 && errno != EAGAIN && errno != EINTR)
        give_up(asking, exchange);
}

static void receive_tcp(struct asking *asking, struct exchange *exchange)
{
    char piece[16384];
    ssize_t length = recv(exchange->fd, piece, sizeof piece, 0);
    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (length <= 0) {
        give_up(asking, exchange);
        return;
    }
    buffer_add(&exchange->received, piece, (size_t)length);
    struct text received = buffer_text(&exchange->received);
    if (received.length < LENGTH_SIZE)
        return;
    size_t wanted = (size_t)(unsigned char)received.at[0] << 8 | (unsigned char)received.at[1];
    if (received.length < LENGTH_SIZE + wanted)
        return;
    ARENA_AUTO arena = {0};
    struct dns_answer answer;
    struct text message = text_first(text_from(received, LENGTH_SIZE), wanted);
    if (read_answer(asking, exchange, message, &arena, &answer))
        take_answer(asking, exchange, &answer);
    else
        give_up(asking, exchange);
}

/* ---- all servers at once ---- */

static bool is_sending(const struct exchange *exchange)
{
    return exchange->tcp && exchange->sent < LENGTH_SIZE + exchange->length;
}

static void go_on(struct asking *asking, struct exchange *exchange, short events)
{
    if (exchange->fd < 0)
        return;
    if (!events) {
        if (exchange->deadline <= time_milliseconds())
            exchange->tcp ? give_up(asking, exchange) : try_again(asking, exchange);
        return;
    }
    if (is_sending(exchange))
        send_tcp(asking, exchange);
    else if (exchange->tcp)
        receive_tcp(asking, exchange);
    else
        receive_udp(asking, exchange);
}

/* One round; false when nothing is outstanding. */
static bool wait_for_some(struct asking *asking, struct pollfd *polled)
{
    int64_t now = time_milliseconds(), next = INT64_MAX;
    for (size_t i = 0; i < asking->count; i++) {
        struct exchange *exchange = &asking->exchanges[i];
        polled[i] = (struct pollfd){
            .fd = exchange->fd,
            .events = is_sending(exchange) ? POLLOUT : POLLIN,
        };
        if (exchange->fd >= 0 && exchange->deadline < next)
            next = exchange->deadline;
    }
    if (next == INT64_MAX)
        return false;
    if (poll(polled, asking->count, next > now ? (int)(next - now) : 0) < 0)
        for (size_t i = 0; i < asking->count; i++)
            polled[i].revents = 0;
    for (size_t i = 0; i < asking->count; i++)
        go_on(asking, &asking->exchanges[i], polled[i].revents);
    return true;
}

static void add_exchange(struct asking *asking, const struct authority_server *server,
                         const struct observe_options *options)
{
    struct exchange *exchange = &asking->exchanges[asking->count];
    *exchange = (struct exchange){.server = server, .fd = -1};
    if (!address_parse(server->address, &exchange->address))
        return;
    if (!options->allow_private_addresses &&
        !address_is_public((const struct sockaddr *)&exchange->address))
        return;
    asking->count++;
    try_again(asking, exchange);
}

void authorities_ask(const struct authority_zone *zone, const struct observe_options *options,
                     struct arena *arena, struct observed_authorities *out)
{
    struct asking asking = {
        .zone = zone,
        .arena = arena,
        .out = out,
        .exchanges = arena_array(arena, zone->servers.count, sizeof(struct exchange)),
        .end = time_milliseconds() + TOTAL_WAIT,
    };
    struct pollfd *polled = arena_array(arena, zone->servers.count, sizeof *polled);
    if (!zone->questions.count)
        return;
    for (size_t i = 0; i < zone->servers.count; i++)
        add_exchange(&asking, &zone->servers.at[i], options);
    while (wait_for_some(&asking, polled))
        continue;
    for (size_t i = 0; i < asking.count; i++)
        buffer_free(&asking.exchanges[i].received);
}
