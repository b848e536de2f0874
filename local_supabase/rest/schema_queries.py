"""What is read from PostgreSQL's catalogues: one query per kind of thing, each answering one JSON text.

They run with an empty search path, so that every type comes out with the schema it needs.
"""

TABLES = """
select coalesce(json_agg(t), '[]')::text from (
  select n.nspname as schema, c.relname as name, obj_description(c.oid, 'pg_class') as description,
         c.relkind in ('r', 'p') or (pg_relation_is_updatable(c.oid, true) & 8) = 8 as insertable,
         c.relkind in ('r', 'p') or (pg_relation_is_updatable(c.oid, true) & 4) = 4 as updatable,
         c.relkind in ('r', 'p') or (pg_relation_is_updatable(c.oid, true) & 16) = 16 as deletable,
         coalesce(
           (select json_agg(a.attname order by k.position)
              from pg_constraint p
              cross join unnest(p.conkey) with ordinality as k(attnum, position)
              join pg_attribute a on a.attrelid = p.conrelid and a.attnum = k.attnum
             where p.conrelid = c.oid and p.contype = 'p'),
           (select json_agg(a.attname order by k.position)
              from (select q.* from pg_constraint q
                     where c.relkind in ('v', 'm') and q.contype = 'p'
                       and not exists (
                         select from unnest(q.conkey) as m(attnum)
                          where not exists (
                            select from pg_rewrite r
                              join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
                                and d.refclassid = 'pg_class'::regclass
                              join pg_attribute s on s.attrelid = d.refobjid and s.attnum = d.refobjsubid
                              join pg_attribute v on v.attrelid = c.oid and v.attname = s.attname
                             where r.ev_class = c.oid and d.refobjid = q.conrelid
                               and d.refobjsubid = m.attnum))
                     order by q.conrelid limit 1) p
              cross join unnest(p.conkey) with ordinality as k(attnum, position)
              join pg_attribute a on a.attrelid = p.conrelid and a.attnum = k.attnum),
           '[]'::json) as primary_key,
         (select coalesce(json_agg(json_build_object(
             'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
             'plain_type', format_type(a.atttypid, null), 'description', col_description(c.oid, a.attnum),
             'required', a.attnotnull and not a.atthasdef and a.attidentity = '',
             'default', case
               when a.attgenerated <> '' then null
               when a.attidentity <> '' then format('nextval(%L)', (
                 select s.objid::regclass from pg_depend s
                  where s.refobjid = c.oid and s.refobjsubid = a.attnum and s.deptype = 'i'
                    and s.classid = 'pg_class'::regclass limit 1))
               else coalesce(pg_get_expr(f.adbin, f.adrelid), ty.typdefault) end) order by a.attnum), '[]')
            from pg_attribute a
            join pg_type ty on ty.oid = a.atttypid
            left join pg_attrdef f on f.adrelid = a.attrelid and f.adnum = a.attnum
           where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where c.relkind in ('r', 'v', 'm', 'f', 'p') and not c.relispartition and n.nspname = any({schemas})) t
"""

FUNCTIONS = """
with recursive base as (
  select oid, oid as base from pg_type where typtype <> 'd'
  union all
  select t.oid, b.base from pg_type t join base b on t.typtype = 'd' and t.typbasetype = b.oid)
select coalesce(json_agg(f), '[]')::text from (
  select n.nspname as schema, p.proname as name, obj_description(p.oid, 'pg_proc') as description,
         p.provolatile as volatility, p.proretset as returns_set,
         coalesce(t.typtype = 'c' or p.proargmodes::text[] && '{t,b,o}', false) as returns_composite,
         t.oid = 'void'::regtype as returns_void,
         tn.nspname as result_schema, t.typname as result_name,
         case when rt.typtype = 'd' and rt.typname like '%/%' then rt.typname end as media_type,
         t.oid = 'bytea'::regtype as returns_bytes,
         coalesce((select json_agg(json_build_array(split_part(s, '=', 1), substr(s, strpos(s, '=') + 1)))
                     from unnest(p.proconfig) s), '[]') as settings,
         coalesce((
           select json_agg(json_build_object(
               'name', coalesce(i.name, ''), 'type', format_type(i.type, null),
               'call_type', case i.type
                 when 'bit'::regtype then 'bit varying' when 'bit[]'::regtype then 'bit varying[]'
                 when 'character'::regtype then 'character varying'
                 when 'character[]'::regtype then 'character varying[]' else format_type(i.type, null) end,
               'required', i.idx <= p.pronargs - p.pronargdefaults,
               'variadic', coalesce(i.mode = 'v', false)) order by i.idx)
             from (select a.name, a.type, a.mode, row_number() over (order by a.position) as idx
                     from unnest(p.proargnames, coalesce(p.proallargtypes, p.proargtypes::oid[]),
                                 p.proargmodes) with ordinality as a(name, type, mode, position)
                    where coalesce(a.mode in ('i', 'b', 'v'), true) and a.type is not null) i),
           '[]') as parameters
    from pg_proc p
    join pg_namespace n on n.oid = p.pronamespace
    join base b on b.oid = p.prorettype
    join pg_type t on t.oid = b.base
    join pg_type rt on rt.oid = p.prorettype
    join pg_namespace tn on tn.oid = t.typnamespace
   where p.prokind = 'f' and t.oid not in ('trigger'::regtype, 'event_trigger'::regtype)
     and n.nspname = any({schemas})) f
"""

ROLE_SETTINGS = """
select coalesce(json_agg(json_build_array(s.role, s.name, s.value)), '[]')::text from (
  select r.rolname as role, split_part(c, '=', 1) as name, substr(c, strpos(c, '=') + 1) as value
    from pg_db_role_setting d
    join pg_roles r on r.oid = d.setrole
    cross join unnest(d.setconfig) c
   where d.setdatabase in (0, (select oid from pg_database where datname = current_database()))
     and pg_has_role(session_user, r.oid, 'member')
   order by r.rolname, d.setdatabase) s
  left join pg_settings p on p.name = s.name
 where p.name is null or p.context = 'user' or s.name = 'default_transaction_isolation'
"""

TYPES = """
select json_agg(json_build_array(t.oid::bigint, t.typname, n.nspname))::text
  from pg_type t join pg_namespace n on n.oid = t.typnamespace
"""

TIME_ZONES = "select json_agg(name)::text from pg_timezone_names"

SCHEMA_DESCRIPTION = "select obj_description($1::text::regnamespace, 'pg_namespace')"

VISIBLE_TABLES = """
select coalesce(json_agg(c.relname), '[]')::text
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where n.nspname = $1 and has_schema_privilege(n.oid, 'USAGE')
   and (has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE')
        or has_any_column_privilege(c.oid, 'SELECT, INSERT, UPDATE'))
   and c.relkind in ('r', 'v', 'm', 'f', 'p')
"""

VISIBLE_FUNCTIONS = """
select coalesce(json_agg(distinct p.proname), '[]')::text
  from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
 where n.nspname = $1 and has_schema_privilege(n.oid, 'USAGE') and has_function_privilege(p.oid, 'EXECUTE')
"""
