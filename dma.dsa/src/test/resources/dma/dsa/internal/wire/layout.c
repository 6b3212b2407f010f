/* Prints what the kernel's header says, one NAME VALUE a line, in decimal. */
#include <linux/idxd.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define SHOW(name, value) printf("%s %lld\n", name, (long long) (value))
#define AT(name, type, field) SHOW(name, offsetof(struct type, field))

/* Bit fields have no offset: the number of the first bit that a field sets, when all of it is set. */
#define BIT(name, type, field) \
	do { \
		struct type all; \
		unsigned char *bytes = (unsigned char *) &all; \
		int bit = 0; \
		memset(&all, 0, sizeof all); \
		all.field = ~0U; \
		while (!(bytes[bit / 8] >> bit % 8 & 1)) \
			bit++; \
		SHOW(name, bit); \
	} while (0)

int main(void)
{
	SHOW("descriptor.size", sizeof(struct dsa_hw_desc));
	BIT("descriptor.flags.bit", dsa_hw_desc, flags);
	BIT("descriptor.opcode.bit", dsa_hw_desc, opcode);
	AT("descriptor.completion", dsa_hw_desc, completion_addr);
	AT("descriptor.source", dsa_hw_desc, src_addr);
	AT("descriptor.list", dsa_hw_desc, desc_list_addr);
	AT("descriptor.destination", dsa_hw_desc, dst_addr);
	AT("descriptor.length", dsa_hw_desc, xfer_size);
	AT("descriptor.count", dsa_hw_desc, desc_count);
	AT("descriptor.interrupt", dsa_hw_desc, int_handle);
	AT("descriptor.specific", dsa_hw_desc, op_specific);

	SHOW("record.size", sizeof(struct dsa_completion_record));
	AT("record.status", dsa_completion_record, status);
	AT("record.result", dsa_completion_record, result);
	AT("record.completed", dsa_completion_record, bytes_completed);
	AT("record.fault", dsa_completion_record, fault_addr);
	BIT("record.invalid.bit", dsa_completion_record, invalid_flags);
	SHOW("record.status.mask", DSA_COMP_STATUS_MASK);
	SHOW("record.status.write", DSA_COMP_STATUS_WRITE);

	SHOW("flag.FENCE", IDXD_OP_FLAG_FENCE);
	SHOW("flag.BLOCK_ON_FAULT", IDXD_OP_FLAG_BOF);
	SHOW("flag.RECORD_ADDRESS_VALID", IDXD_OP_FLAG_CRAV);
	SHOW("flag.REQUEST_RECORD", IDXD_OP_FLAG_RCR);
	SHOW("flag.CACHE_CONTROL", IDXD_OP_FLAG_CC);

#define OPCODE(name) SHOW("opcode." #name, DSA_OPCODE_##name)
	OPCODE(NOOP);
	OPCODE(BATCH);
	OPCODE(DRAIN);
	OPCODE(MEMMOVE);
	OPCODE(MEMFILL);
	OPCODE(COMPARE);
	OPCODE(COMPVAL);
	OPCODE(CR_DELTA);
	OPCODE(AP_DELTA);
	OPCODE(DUALCAST);
	OPCODE(CRCGEN);
	OPCODE(COPY_CRC);
	OPCODE(DIF_CHECK);
	OPCODE(DIF_INS);
	OPCODE(DIF_STRP);
	OPCODE(DIF_UPDT);
	OPCODE(CFLUSH);

#define STATUS(name) SHOW("status." #name, DSA_COMP_##name)
	STATUS(NONE);
	STATUS(SUCCESS);
	STATUS(SUCCESS_PRED);
	STATUS(PAGE_FAULT_NOBOF);
	STATUS(PAGE_FAULT_IR);
	STATUS(BATCH_FAIL);
	STATUS(BATCH_PAGE_FAULT);
	STATUS(DR_OFFSET_NOINC);
	STATUS(DR_OFFSET_ERANGE);
	STATUS(DIF_ERR);
	STATUS(BAD_OPCODE);
	STATUS(INVALID_FLAGS);
	STATUS(NOZERO_RESERVE);
	STATUS(XFER_ERANGE);
	STATUS(DESC_CNT_ERANGE);
	STATUS(DR_ERANGE);
	STATUS(OVERLAP_BUFFERS);
	STATUS(DCAST_ERR);
	STATUS(DESCLIST_ALIGN);
	STATUS(INT_HANDLE_INVAL);
	STATUS(CRA_XLAT);
	STATUS(CRA_ALIGN);
	STATUS(ADDR_ALIGN);
	STATUS(PRIV_BAD);
	STATUS(TRAFFIC_CLASS_CONF);
	STATUS(PFAULT_RDBA);
	STATUS(HW_ERR1);
	STATUS(HW_ERR_DRB);
	STATUS(TRANSLATION_FAIL);
	return 0;
}
