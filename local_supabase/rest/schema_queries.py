"""What is read from PostgreSQL's catalogues: one query per kind of thing, each answering one JSON text.

They run with an empty search path, so that every type comes out with the schema it needs.
"""

# A view has the keys of the tables beneath it. Where its columns come from, in however many steps, only its
# rewrite rule says: each target entry there names the relation and column that it stands for.
TABLES = """
with recursive base as (
  select oid, oid as base from pg_type where typtype <> 'd'
  union all
  select t.oid, b.base from pg_type t join base b on t.typtype = 'd' and t.typbasetype = b.oid),
entry as (
  select r.ev_class as view, m.part[1]::int2 as attnum, m.part[2]::oid as source, m.part[3]::int2 as position
    from pg_rewrite r
    join pg_class c on c.oid = r.ev_class and c.relkind in ('v', 'm')
    cross join regexp_matches(
      r.ev_action::text,
      ':resno (\\d+) :resname (?:\\\\.|[^\\\\ ])+ :ressortgroupref \\d+ '
      ':resorigtbl (\\d+) :resorigcol (\\d+)', 'g') as m(part)
   where r.ev_type = '1'
     and c.relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)),
origin as (
  select * from entry
  union
  select o.view, o.attnum, e.source, e.position
    from origin o join entry e on e.view = o.source and e.attnum = o.position)
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
           (select json_agg(a.attname order by a.attnum)
              from (select min(o.attnum) as attnum
                      from pg_constraint p
                      cross join unnest(p.conkey) as k(attnum)
                      join origin o on o.view = c.oid and o.source = p.conrelid and o.position = k.attnum
                     where c.relkind in ('v', 'm') and p.contype = 'p'
                       and p.conkey <@ (select array_agg(s.position) from origin s
                                         where s.view = c.oid and s.source = p.conrelid)
                     group by p.oid, k.attnum) key
              join pg_attribute a on a.attrelid = c.oid and a.attnum = key.attnum),
           '[]'::json) as primary_key,
         (select coalesce(json_agg(json_build_object(
             'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
             'plain_type', format_type(
               case bt.typnamespace when 'pg_catalog'::regnamespace then bt.oid else a.atttypid end, null),
             'description', col_description(c.oid, a.attnum),
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
            join base b on b.oid = a.atttypid
            join pg_type bt on bt.oid = b.base
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

# What a domain looks like to clients: the functions of its implicit casts to JSON, from JSON and from text.
REPRESENTATIONS = """
select coalesce(json_agg(json_build_array(
         c.castsource::regtype::text, c.casttarget::regtype::text, c.castfunc::regproc::text)), '[]')::text
  from pg_cast c
  join pg_type s on s.oid = c.castsource
  join pg_type t on t.oid = c.casttarget
 where c.castcontext = 'i' and c.castmethod = 'f'
   and (s.typtype = 'd' and t.oid = 'json'::regtype
        or t.typtype = 'd' and s.oid in ('json'::regtype, 'text'::regtype))
"""

# Aggregates over the rows of a table, or of any, whose result is a domain named like a media type.
MEDIA_HANDLERS = """
select coalesce(json_agg(h), '[]')::text from (
  select n.nspname as schema, p.proname as name, lower(d.typname) as media_type,
         case when r.oid is not null then an.nspname end as table_schema, r.relname as table_name,
         d.typbasetype = 'bytea'::regtype as returns_bytes
    from pg_proc p
    join pg_namespace n on n.oid = p.pronamespace
    join pg_type d on d.oid = p.prorettype and d.typtype = 'd' and d.typname like '%/%'
    join pg_type a on a.oid = p.proargtypes[0]
    left join pg_class r on r.oid = a.typrelid and r.relkind in ('r', 'v', 'm', 'f', 'p')
    left join pg_namespace an on an.oid = r.relnamespace
   where p.prokind = 'a' and p.pronargs = 1 and n.nspname = any({schemas})
     and (r.oid is not null or a.oid = 'anyelement'::regtype)) h
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
