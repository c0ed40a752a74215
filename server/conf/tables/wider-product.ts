/**
 * Names of the wider product: documented options of the global scope and documented scopes that this product reads
 * and keeps without running them, so that the files of an installation load. Names and defaults: options summaries of
 * 3.x and 4.x and the samples of momentum.md.
 */

/** Global options, `name` or `name=default`. */
const NAMES = `
_Unsafe_Spool=false Adaptive_Adjustment_Interval=60 Adaptive_Alert_Email_Destination Adaptive_Alert_Email_Sender
Adaptive_Attempt_Threshold=2000 Adaptive_Body_Timeout Adaptive_Default_Suspension Adaptive_Default_Suspension_Enabled=false
Adaptive_EHLO_Timeout
Adaptive_Enabled=false Adaptive_FBL_Volume_Threshold=20000 Adaptive_Idle_Timeout Adaptive_MailFrom_Timeout
Adaptive_Max_Deliveries_Per_Connection Adaptive_Max_Outbound_Connections Adaptive_Max_Recipients_Per_Batch
Adaptive_Max_Recipients_Per_Connection Adaptive_Max_Resident_Active_Queue Adaptive_Max_Retries
Adaptive_Max_Retry_Interval Adaptive_Notification_Events Adaptive_Notification_Interval=3600
Adaptive_Outbound_Throttle_Messages Adaptive_Positive_Adjustment_Interval=3600 Adaptive_RcptTo_Timeout
Adaptive_Rejection_Rate_Suspension_Percentage=20 Adaptive_Retry_Fuzz=4096 Adaptive_Retry_Interval
Adaptive_RSET_Timeout Adaptive_Scope=auto Adaptive_Sweep_Rule_Enabled=1 Address_Metrics_Cleanse_Interval=3600
Address_Metrics_Lifetime=1800 Alias_Schemes Allow_IP_Literal=true Allow_Null_Envelope_Sender=true
Allow_Trailing_Whitespace_In_Commands=false Async_Bounce_Rendering=true Blackhole=0
APN_Expiry GCM_Application_Id GCM_Authorization_Token_Id GCM_Delay_While_Idle=false GCM_Dry_Run=false GCM_TTL=-1
Bounce_Behavior=pass Bounce_Cache_Size=16384 Bounce_Cache_TTL=60 Bounce_Domains Bounce_Pattern Bounce_Suppress_List Bounces_Inline_Original=headers
Clear_Mail_Queue_Maintainers=true Connect_Timeout_To_Delay=900
Connection_Allocation_Aggressiveness=normal Crypto_Engine Crypto_Lock_Method=EC_SSL_DEFAULTLOCK
Default_Binding=normal Default_Charset=us-ascii Delay_DSN_Max_Retry_Interval=43200 Delay_DSN_Retry_Interval=3600
Delayed_Binding_Domain_Fuzz=0 Delayed_Queue_Scan_Interval=15 Delivery_Method=ESMTP Delivery_Pool
Delivery_Response_Timeout=5000 Disable_Nagle_Algorithm=false Disk_Queue_Drain_Rate=100 DNS_Cache_Purge_Interval=60
DNS_Expire_Interval=10 DNS_Failures_To_Purge=10 DNS_Fallback_To_TCP=false Domain_For_Unqualified_Recipient_Addresses
Domain_For_Unqualified_Sender_Address DomainKeys Drop_Body_After_Trans_Fail=3 ECStream_Port=1825 ECStream_Timeout=600
Enable_FBL_Header_Insertion Exclude_Vctx_Conn Exclude_Vctx_Mess
Expensive_Batch_Assessment=false Force_Fsync=false Fully_Resolve_Before_SMTP=true
Generate_Bounces_For_Multi_Recipient_Policy_Rejections=true Generate_Delay_DSN=false Growbuf_Size=16384
Host_Failure_Retry=120 HTTP_Basic_Auth HTTP_Host HTTP_Method=POST HTTP_URI HTTP_Version=1.1
Inbound_Throttle_Messages Initial_Hash_Buckets=32 Inline_Transfail_Processing=1 Keep_Message_Dicts_In_Memory=false
Large_Message_Threshold=131072 Legacy_Message_Threshold=1048576 License LMTP_Port=2003
Mail_Queue_Check_VM_Interval=60 MailerDaemon Maintainer_Pool Malloc2MMap_Threshold=4092
MasterDB_File=/var/log/ecelerity/ecdb Match_Cache_Life=0 Match_Cache_Size=16384
Max_DNS_TTL=4294967295 Max_Receptions_Per_Connection=0 Max_Recipients_Per_Batch=100
Max_Recipients_Per_Connection=0 Max_Resident_Active_Queue=250 Max_Resident_Messages=32768
Max_Resident_TransFails=100 Max_Timed_Events_Per_Iter=1024 MDN_Failures_Notify
Memory_Goal=90 Memory_HWM=95 Migrate_Connections_Between_Sibling_Domains=true
MIME_Parse_Large_Messages_During_Reception=true Min_DNS_TTL=0 MX_Failures_Fallback_To_A=3 MX_Failures_To_Delay=50
Never_Attempt_Expired_Messages=false Never_Retry=false Only_Use_Best_MX_For_Relay_Domains=true OpenDKIM_Sign=true
Outbound_Throttle_Connections Outbound_Throttle_Messages PCRE_Cache_Size=100 PCRE_Cache_TTL=300
Permastore_Interval=300 Prohibited_Hosts
Require_EHLO=false Reserve_Maintenance_Interval=15 Resolv_Conf Response_Transcode_Pattern
Response_Transcode_Replace RFC2821_Allow_Whitespace_In_Envelope=false
RFC2821_Pedantic_Address_Rules=true RFC2822_Date_Header=ifneeded RFC2822_Lone_LF_In_Body=ignore
RFC2822_Lone_LF_In_Headers=pedantic RFC2822_Max_Line_Length=ignore RFC2822_Max_Line_Length_Policy=none
RFC2822_MessageID_Header=ifneeded RFC2822_Missing_Headers=reject RFC2822_Trace_Headers=true
Scheduler Scope_Max_Outbound_Connections Send_8BITMIME=no Server_Max_File_Descriptors=3000000
Server_Max_Outbound_Connections=20000 Server_Reserve_Outbound_Connections=200 Signing_Stats=all
Siv_Throttle_Cache_Size=1000 Skip_Hosts Soft_Bounce_Drain_Rate=100
SSL_Lock_Method=mutex TLS=no TLS_CA TLS_Certificate TLS_Ciphers TLS_Client_CA
TLS_DHParams_File TLS_Enable_DHE_Ciphers=true TLS_Engine=openssl TLS_IfAvailable_Fallback=true TLS_Key TLS_Protocols
TLS_Verify=no Trace_SMTP_Mode=0640 Transfail_Drain_Rate=100 Transform_8BITMIME_Content=ifneeded
Umem_Reap_Interval=1800 Unlink_On_Spool_In_Failure=true Use_IPv6=false Use_MMap=false Use_SendFile=false XCLIENT=no
`;

/** Names of them whose values are shown nowhere. */
export const WIDER_SECRETS: ReadonlySet<string> = new Set(['gcm_authorization_token_id', 'http_basic_auth']);

/** Scopes of the global scope; with `"name"` or without. */
export const WIDER_SCOPES: readonly string[] = [
  'Adaptive_Backstore_LevelDB',
  'Adaptive_Backstore_Riak',
  'Adaptive_Sweep_Rule',
  'EventLoop',
  'Pathway',
  'Pathway_Group',
  'SNMP',
  'SNMP_Traps',
  'ThreadPool',
];

/** Scopes that always carry a name of their own, wherever they stand. */
export const WIDER_NAMED_SCOPES: ReadonlySet<string> = new Set([
  'binding',
  'binding_group',
  'domain',
  'host',
  'listen',
  'peer',
]);

/** Scopes that carry a name of their own in the global scope; elsewhere an option has that name. */
export const WIDER_NAMED_GLOBAL_SCOPES: ReadonlySet<string> = new Set([
  'eventloop',
  'pathway',
  'pathway_group',
  'threadpool',
]);

/** Documented name to default; undefined where the summary gives none. */
export const WIDER_GLOBAL_OPTIONS: ReadonlyMap<string, string | undefined> = new Map(
  NAMES.trim()
    .split(/\s+/)
    .map((word): [string, string | undefined] => {
      const [name = '', defaultText] = word.split('=', 2);
      return [name, defaultText];
    }),
);
