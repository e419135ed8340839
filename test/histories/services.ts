import { isJsonObject, memberOf, ServiceError, type Json, type ServiceCall } from '@stepcast/asl-interpreter';
import { TABLE } from './corpus/tasks.ts';

/** Stands for the queue in definitions; each side fills in its own. */
export const QUEUE_URL = 'QUEUE_URL';
export const ITEM = { id: { S: '1' }, n: { N: '7' } };

const NO_TABLE = 'Requested resource not found';

/** The table and the queue that samples use, answering as moto's do. */
export function callService({ resource, parameters }: ServiceCall): Json {
  if (resource.action === 'sendMessage') return { MessageId: 'id' };
  if (!isJsonObject(parameters)) throw new ServiceError('Sample.Parameters', 'parameters are an object');
  if (memberOf(parameters, 'TableName') !== TABLE)
    throw resource.resourceType === 'dynamodb'
      ? new ServiceError(
          'DynamoDB.ResourceNotFoundException',
          `${NO_TABLE} (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ResourceNotFoundException; Request ID: 1; Proxy: null)`,
        )
      : new ServiceError(
          'DynamoDb.ResourceNotFoundException',
          `${NO_TABLE} (Service: DynamoDb, Status Code: 400, Request ID: 1)`,
        );
  const key = JSON.stringify(memberOf(parameters, 'Key'));
  return key === '{"id":{"S":"1"}}' ? { Item: ITEM } : {};
}
