/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program that includes the older form of libioth's header. C and C++. */
#include <libioth.h>

int main(void)
{
	unsigned char mac[6];
	char text[MAC_ADDRSTRLEN];

	if (!ioth_macton("02:00:00:00:00:2a", mac) || mac[5] != 0x2a)
		return 1;
	return ioth_ntomac(mac, text, sizeof(text)) && text[16] == 'a' ? 0 : 2;
}
