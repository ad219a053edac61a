/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers, in the form of master files (RFC 1035, 5.1), as dig prints them. */
#ifndef IOTHDIG_PRINT_H
#define IOTHDIG_PRINT_H

#include <iothdns.h>

/* `show`: of options.h. */
void print_answer(struct iothdns_header *header, struct iothdns_pkt *reply, unsigned int show);

/* The data of the answer's records alone, one a line. */
void print_brief(struct iothdns_pkt *reply);

/* The data of a record, whose header iothdns_get_rr has read, without a newline. */
void print_data(struct iothdns_rr *rr, struct iothdns_pkt *pkt);

#endif
